package transport

func newReader() reader { return goroutineReader{} }
