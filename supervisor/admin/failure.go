package admin

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// failure is an answer that says what is wrong and what to do.
type failure struct {
	status        int
	code, message string
	retryAfter    time.Duration
}

// Error implements error.
func (f *failure) Error() string { return f.message }

func badRequest(message string) error {
	return &failure{status: http.StatusBadRequest, code: "bad_request", message: message}
}

func notFound(message string) error {
	return &failure{status: http.StatusNotFound, code: "not_found", message: message}
}

func conflict(message string) error {
	return &failure{status: http.StatusConflict, code: "conflict", message: message}
}

func invalid(message string) error {
	return &failure{status: http.StatusUnprocessableEntity, code: "invalid", message: message}
}

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

// failureOf finds the answer for an error of the packages below.
func failureOf(err error) *failure {
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	f := &failure{message: err.Error()}
	switch {
	case is(actors.ErrNoResultsFound, actors.ErrRoomDoesNotExist, actors.ErrClientDoesNotExist, moderation.ErrNoBan, moderation.ErrNoUser, token.ErrUnknown):
		f.status, f.code = http.StatusNotFound, "not_found"
	case is(actors.ErrDefaultRoom, actors.ErrRoomRefusedChange, actors.ErrRoomUnsupportedProtocol, moderation.ErrInvalidBan, moderation.ErrInvalidUser, moderation.ErrPassword, token.ErrInvalid, ErrSetting):
		f.status, f.code = http.StatusUnprocessableEntity, "invalid"
	case is(moderation.ErrFull, moderation.ErrManyUsers, token.ErrTooMany, token.ErrExists, token.ErrSeveral):
		f.status, f.code = http.StatusConflict, "conflict"
	case is(actors.ErrStopped, actors.ErrNotStarted):
		f.status, f.code = http.StatusServiceUnavailable, "unavailable"
	default:
		f.status, f.code = http.StatusInternalServerError, "internal"
	}
	return f
}
