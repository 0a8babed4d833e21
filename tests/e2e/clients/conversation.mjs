// Two clients of npm's `ws` talk through the server.
//
// Usage: node conversation.mjs URL. Exit status 0 means that everything came as it should.

import assert from 'node:assert/strict';
import WebSocket from 'ws';

const limit = 20_000; // milliseconds; only a hanging server reaches it

class Client {
  constructor(url, options) {
    this.queue = [];
    this.waiting = null;
    this.socket = new WebSocket(url, options);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on('message', (data, isBinary) => {
      assert(!isBinary);
      this.queue.push(data.toString());
      this.waiting?.();
    });
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  async text() {
    while (this.queue.length === 0) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('nothing came')), limit);
        this.waiting = () => { clearTimeout(timer); resolve(); };
      });
    }
    return this.queue.shift();
  }

  // Receives one message per pattern; the keys of a pattern must be there with these values.
  async expect(...patterns) {
    const received = [];
    for (const pattern of patterns) {
      const message = JSON.parse(await this.text());
      for (const key of Object.keys(pattern)) {
        assert.deepEqual(message[key], pattern[key], `expected ${JSON.stringify(pattern)}, got ${JSON.stringify(message)}`);
      }
      received.push(message);
    }
    return received;
  }
}

const ok = (listener) => ({ cmd: 'statuscode', code: 'I:100 | OK', code_id: 100, listener });

async function join(client, name) {
  await client.opened;
  client.send({ cmd: 'handshake', val: { language: 'JavaScript', version: '1' }, listener: 'hs' });
  const greeting = await client.expect(
    { cmd: 'client_ip', val: '127.0.0.1' }, { cmd: 'server_version' }, { cmd: 'client_obj' },
    { cmd: 'ulist', mode: 'set', rooms: 'default' }, ok('hs'));
  assert.match(greeting[1].val, /^0\.2\./);
  client.send({ cmd: 'setid', val: name, listener: 'id' });
  const [, done] = await client.expect({ cmd: 'ulist', mode: 'set', rooms: 'default' }, ok('id'));
  assert.equal(done.val.username, name);
  return done.val;
}

async function cl4(url, options) {
  const a = new Client(url, options);
  const b = new Client(url, options);
  const alice = await join(a, 'Alice');
  const bob = await join(b, 'Bób');
  await a.expect({ cmd: 'ulist', mode: 'add', val: bob, rooms: 'default' });

  a.send({ cmd: 'link', val: ['node'], listener: 'l' });
  await a.expect({ cmd: 'ulist', mode: 'set', val: [alice], rooms: 'node' }, ok('l'));
  await b.expect({ cmd: 'ulist', mode: 'remove', val: alice, rooms: 'default' });
  b.send({ cmd: 'link', val: 'node', listener: 'l' });
  await b.expect({ cmd: 'ulist', mode: 'set', rooms: 'node' }, ok('l'));
  await a.expect({ cmd: 'ulist', mode: 'add', val: bob, rooms: 'node' });

  for (const val of ['hello', 'ünï😀', { deep: [1, null] }, 'x'.repeat(200_000)]) {
    a.send({ cmd: 'gmsg', val, rooms: 'node', listener: 'g' });
    await a.expect({ cmd: 'gmsg', val, rooms: 'node', listener: 'g' });
    await b.expect({ cmd: 'gmsg', val, rooms: 'node' });
  }
  // A message in fragments and one in a binary frame are messages like others.
  b.socket.send('{"cmd":"gmsg","val":', { fin: false });
  b.socket.send('"in two", "rooms":"node"}', { fin: true });
  b.socket.send(Buffer.from('{"cmd":"gmsg","val":"binary","rooms":"node"}'), { binary: true });
  await a.expect({ cmd: 'gmsg', val: 'in two' }, { cmd: 'gmsg', val: 'binary' });
  await b.expect({ cmd: 'gmsg', val: 'in two' }, { cmd: 'gmsg', val: 'binary' });

  b.send({ cmd: 'pmsg', id: alice.id, val: 'psst', listener: 'p' });
  await a.expect({ cmd: 'pmsg', val: 'psst', origin: bob, rooms: 'node' });
  await b.expect(ok('p'));
  a.socket.close(1000);
  assert.equal((await a.closed).code, 1000);
  await b.expect({ cmd: 'ulist', mode: 'remove', val: alice, rooms: 'node' });
  b.socket.close(1001);
  await b.closed;
}

async function scratch(url) {
  const a = new Client(url);
  const b = new Client(url);
  await Promise.all([a.opened, b.opened]);
  const set = (user, value) => ({ method: 'set', user, project_id: '502', name: '☁ score', value });
  a.send({ method: 'handshake', user: 'alice', project_id: '502' });
  a.send(set('alice', '1'));
  // A ping is answered after what was sent before it, so Bob comes to a room that has the variable.
  await new Promise((resolve) => { a.socket.once('pong', resolve); a.socket.ping(); });
  b.send({ method: 'handshake', user: 'bob', project_id: '502' });
  await b.expect({ method: 'set', name: '☁ score', value: '1' });
  b.send(set('bob', '2'));
  await a.expect({ method: 'set', name: '☁ score', value: '2' });
  a.send({ method: 'handshake', user: 'alice', project_id: '502' }); // a second one is an error
  assert.equal((await a.closed).code, 4000);
  b.socket.close();
  await b.closed;
}

async function tooLarge(url) {
  const a = new Client(url);
  await a.opened;
  a.socket.send('x'.repeat(1024 * 1024 + 1));
  assert.equal((await a.closed).code, 1009);
}

const url = process.argv[2];
await cl4(url, { perMessageDeflate: false });
await cl4(url, { perMessageDeflate: true }); // offers it; the server need not take it
await scratch(url);
await tooLarge(url);
