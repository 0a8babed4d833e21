package supervisor

import (
	"log/slog"

	"github.com/skeinhq/skein/supervisor/admin/audit"
)

// DefaultAuditEntries is how many changes by administrators are remembered.
const DefaultAuditEntries = audit.DefaultEntries

// AdministrationOptions configure the administration on the address in Options.Admin. The zero value works.
type AdministrationOptions struct {
	// Socket is the path of a unix socket that serves the same as Options.Admin. Empty means none.
	Socket string
	// Token is let in with the scope admin, beside the tokens that are made while the server runs. Empty means none.
	Token string
	// AuditEntries bounds the changes by administrators that are remembered. Zero value means DefaultAuditEntries.
	AuditEntries int
	// LogLevel is the level of Logger, for administrators to change. Nil means that they cannot.
	LogLevel *slog.LevelVar
	// Configuration lists the settings that the program was started with, for administrators to look at. Those that
	// can change while the server runs are added by the server itself.
	Configuration []ConfiguredSetting
}

// ConfiguredSetting is a setting that the program was started with.
type ConfiguredSetting struct {
	Name, Type, Help string
	// Value is in force, Default what is when nothing is given. Nil where it is secret.
	Value, Default any
}
