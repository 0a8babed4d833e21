package simpleserver_test

import (
	"context"
	"fmt"
	"net"

	"github.com/skeinhq/skein/supervisor/simpleserver"
)

// A server that answers, and a client that asks it.
func Example() {
	server := simpleserver.NewServer(simpleserver.ServerOptions{})
	server.OnMessage(func(client *simpleserver.ConnectionClient, message *simpleserver.Message) {
		if message.Has("handshake") {
			response := simpleserver.NewMessage("Hello from the server!")
			response.Add("handshake", "example")
			client.Send(response)
		}
	})
	if err := server.StartAsync(); err != nil {
		fmt.Println(err)
		return
	}
	port := server.Addr().(*net.TCPAddr).Port

	client := simpleserver.NewClient(simpleserver.ClientOptions{})
	if success, text := client.Connect("localhost", port); !success {
		fmt.Println("Connection failed:", text)
		return
	}
	message := simpleserver.NewMessage("Hello server!")
	message.Add("handshake", "")
	client.Send(message)

	response, err := client.ReadContext(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	handshake, _ := response.Get("handshake")
	fmt.Printf("%s: %s\n", handshake, response.Body)

	client.Close()
	server.Stop()
	server.Wait()
	// Output:
	// example: Hello from the server!
}

// A program with a loop of its own looks for messages when it has time for them.
func ExampleClient_Read() {
	server := simpleserver.NewServer(simpleserver.ServerOptions{})
	server.OnConnection(func(client *simpleserver.ConnectionClient) {
		client.Send(simpleserver.NewMessage("welcome"))
	})
	if err := server.StartAsync(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Wait()
	defer server.Stop()

	client := simpleserver.NewClient(simpleserver.ClientOptions{})
	defer client.Close()
	if success, text := client.Connect("localhost", server.Addr().(*net.TCPAddr).Port); !success {
		fmt.Println("Connection failed:", text)
		return
	}
	for client.Err() == nil {
		// Draw, move, compute; then:
		if message, ok := client.Read(); ok {
			fmt.Printf("%s\n", message.Body)
			return
		}
	}
	// Output:
	// welcome
}

// All who are connected hear what one of them says.
func ExampleServer_Broadcast() {
	server := simpleserver.NewServer(simpleserver.ServerOptions{})
	server.OnMessage(func(client *simpleserver.ConnectionClient, message *simpleserver.Message) {
		server.Broadcast(message)
	})
	if err := server.StartAsync(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Wait()
	defer server.Stop()

	client := simpleserver.NewClient(simpleserver.ClientOptions{})
	defer client.Close()
	client.Connect("localhost", server.Addr().(*net.TCPAddr).Port)
	message := simpleserver.NewMessage("100% of it, as it was")
	message.Add("from", "Ada")
	client.Send(message)
	heard, err := client.ReadContext(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	from, _ := heard.Get("from")
	fmt.Printf("%s: %s\n", from, heard.Body)
	// Output:
	// Ada: 100% of it, as it was
}
