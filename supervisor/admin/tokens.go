package admin

import (
	"fmt"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// listedToken is a token as it is told.
type listedToken struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Scope    token.Scope `json:"scope"`
	Created  time.Time   `json:"created"`
	Expires  time.Time   `json:"expires,omitzero"`
	LastUsed time.Time   `json:"last_used,omitzero"`
	By       string      `json:"by"`
}

func tellToken(t token.Token, used time.Time) listedToken {
	out := listedToken{ID: t.ID, Name: t.Name, Scope: t.Scope, Created: t.Created, Expires: t.Expires, By: t.By}
	if !used.IsZero() {
		out.LastUsed = used.UTC()
	}
	return out
}

type tokenList struct {
	Tokens []listedToken `json:"tokens"`
}

func (a *API) listTokens(*call) (any, error) {
	out := tokenList{[]listedToken{}}
	for _, t := range a.Tokens.All() {
		out.Tokens = append(out.Tokens, tellToken(t.Token, t.Used))
	}
	return out, nil
}

type tokenCreate struct {
	Name           string      `json:"name"`
	Scope          token.Scope `json:"scope"`
	ExpiresSeconds int64       `json:"expires_seconds"`
}

type tokenCreated struct {
	Token  string      `json:"token"`
	Record listedToken `json:"record"`
}

func (a *API) createToken(c *call) (any, error) {
	var in tokenCreate
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.ExpiresSeconds < 0 || in.ExpiresSeconds > maxBanSeconds {
		return nil, invalid(fmt.Sprintf("expires_seconds is %d, not a number from 1 to %d", in.ExpiresSeconds, maxBanSeconds))
	}
	t := token.Token{Name: in.Name, Scope: in.Scope, By: c.name()}
	if in.ExpiresSeconds > 0 {
		t.Expires = a.Now().Add(time.Duration(in.ExpiresSeconds) * time.Second).Truncate(time.Second)
	}
	text, made, err := a.Tokens.Create(t)
	if err != nil {
		return nil, err
	}
	record := tellToken(made, time.Time{})
	c.changed("token.create", made.Name, nil, record)
	return tokenCreated{text, record}, nil
}

func (a *API) revokeToken(c *call) (any, error) {
	revoked, err := a.Tokens.Revoke(c.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	c.changed("token.revoke", revoked.Name, tellToken(revoked, time.Time{}), nil)
	return done{true}, nil
}
