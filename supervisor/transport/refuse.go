package transport

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/skeinhq/skein/codec"
)

// Refusals of the transport itself. Their causes are labels of Stats.Refused.
var (
	refuseNotHTTP     = &Refusal{http.StatusBadRequest, "This is not an HTTP request.", "not_http"}
	refuseBadHeader   = &Refusal{http.StatusBadRequest, "The request has a malformed header line.", "bad_header"}
	refuseDuplicate   = &Refusal{http.StatusBadRequest, "The request has a header twice that may be there once.", "duplicate_header"}
	refuseNoHost      = &Refusal{http.StatusBadRequest, "The request has no Host header.", "no_host"}
	refuseBody        = &Refusal{http.StatusBadRequest, "A WebSocket handshake has no body.", "body"}
	refuseKey         = &Refusal{http.StatusBadRequest, "Sec-WebSocket-Key is not 16 bytes of base64.", "bad_key"}
	refuseHandshake   = &Refusal{http.StatusBadRequest, "This is not a valid WebSocket handshake.", "bad_handshake"}
	refuseOrigin      = &Refusal{http.StatusForbidden, "Web pages of this origin may not connect.", "origin"}
	refuseMethod      = &Refusal{http.StatusMethodNotAllowed, "A WebSocket handshake is a GET request.", "method"}
	refuseTimeout     = &Refusal{http.StatusRequestTimeout, "The handshake took too long.", "timeout"}
	refuseURITooLong  = &Refusal{http.StatusRequestURITooLong, "The URL is too long.", "uri_too_long"}
	refuseVersion     = &Refusal{http.StatusUpgradeRequired, "Only version 13 of the WebSocket protocol is spoken here.", "version"}
	refuseHeadTooBig  = &Refusal{http.StatusRequestHeaderFieldsTooLarge, "The headers are too large.", "head_too_large"}
	refuseHTTPVersion = &Refusal{http.StatusHTTPVersionNotSupported, "A WebSocket handshake needs HTTP/1.1.", "http_version"}
	refuseDraining    = &Refusal{http.StatusServiceUnavailable, "The server is stopping.", "drain"}
	refusePlainOnTLS  = &Refusal{http.StatusBadRequest, "This port speaks TLS only: use wss:// (or https://) instead of ws://.", "plain_on_tls"}

	// The wording is the one that CloudLink's clients and forums know.
	refuseNotWebSocket = &Refusal{http.StatusUpgradeRequired, "Failed to open a WebSocket connection.\n\n" +
		"You cannot access a WebSocket server directly with a browser. You need a WebSocket client.", "not_websocket"}
)

// Causes of refusals that get no answer.
const (
	refusedEOF        = "eof"          // hung up before the handshake was complete
	refusedTLS        = "tls"          // the TLS handshake failed
	refusedTLSOnPlain = "tls_on_plain" // a TLS client on a plain port
)

// browserPage is what a person sees who opens the address in a browser.
const browserPage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>WebSocket server</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em}</style></head>
<body><h1>The server is running</h1>
<p>This is a WebSocket server: there is no page to look at. You need a WebSocket client.</p>
<p>Copy this page's address, change <code>http://</code> to <code>ws://</code> or <code>https://</code> to
<code>wss://</code>, and give it to your client or project as the server's address.</p></body></html>
`

// appendRefusal writes an HTTP answer after which the connection is closed.
func appendRefusal(b *bytes.Buffer, r *Refusal, html bool) {
	status := r.Status
	text := http.StatusText(status)
	if status < 400 || status > 599 || text == "" {
		status, text = http.StatusForbidden, http.StatusText(http.StatusForbidden)
	}
	body, kind := r.Reason+"\n", "text/plain"
	if html {
		body, kind = browserPage, "text/html"
	}
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + text + "\r\n")
	switch status {
	case http.StatusUpgradeRequired:
		b.WriteString("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
	case http.StatusServiceUnavailable:
		b.WriteString("Retry-After: 1\r\n")
	case http.StatusMethodNotAllowed:
		b.WriteString("Allow: GET\r\n")
	}
	b.WriteString("Content-Type: " + kind + "; charset=utf-8\r\n" +
		"X-Content-Type-Options: nosniff\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	if status == http.StatusUpgradeRequired {
		b.WriteString("Connection: Upgrade, close\r\n\r\n") // RFC 9110 section 7.8 wants Upgrade named here
	} else {
		b.WriteString("Connection: close\r\n\r\n")
	}
	b.WriteString(body)
}

// refuse answers and closes so that the client gets to see the answer.
func (s *Server) refuse(nc net.Conn, r *Refusal, html bool) {
	s.counters.refuse(r.Cause)
	var b bytes.Buffer
	appendRefusal(&b, r, html)
	s.goodbye(nc, b.Bytes())
}

// goodbye writes the last bytes, half-closes and waits for the client to hang up, because closing with input unread
// would reset the connection and destroy them.
func (s *Server) goodbye(nc net.Conn, last []byte) {
	linger := s.opt.CloseLinger
	nc.SetWriteDeadline(time.Now().Add(linger))
	if _, err := nc.Write(last); err == nil {
		closeWrite(nc)
		nc.SetReadDeadline(time.Now().Add(linger))
		discard(nc)
	}
	closeSocket(nc)
}

// goingAway is for clients whose upgrade was under way when the server began to stop.
var goingAway = codec.CloseFrame(codeGoingAway, refuseDraining.Reason)
