package supervisor

type adminServer struct{}

func (s *Server) startAdmin() error { return nil }
func (s *Server) stopAdmin() error  { return nil }
