package minicl4

import "testing"

func TestRead(t *testing.T) {
	for _, c := range []struct {
		msg  string
		kind Kind
		room string
	}{
		{`{"cmd":"gmsg","val":"abc","rooms":"r1"}`, Fanout, "r1"},
		{`{"cmd":"link","val":["r2"],"listener":"link"}`, Link, "r2"},
		{`{"cmd":"ping","listener":"x"}`, Answer, ""},
	} {
		if kind, room := Read([]byte(c.msg)); kind != c.kind || string(room) != c.room {
			t.Errorf("%s: %d %q", c.msg, kind, room)
		}
	}
}

func TestAppendAnswer(t *testing.T) {
	got := string(AppendAnswer(nil, []byte(`{"cmd":"ping","listener":"x"}`)))
	if want := `{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":"x"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
