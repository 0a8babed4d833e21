package config

import "github.com/skeinhq/skein/supervisor"

var moderation = group("Moderation",
	Setting{
		Name:  "name-filter",
		Help:  "file with a regular expression a line (# for comments); whose username fits one, in whatever case, is refused. Read again on SIGHUP",
		reads: one(path, func(c *Config, v string) { c.Server.Moderation.NameFilter = v }),
	},
	Setting{
		Name:  "reserved-names",
		Help:  "usernames that nobody may take",
		reads: many(text, func(c *Config, v []string) { c.Server.Moderation.ReservedNames = v }),
	},
	Setting{
		Name:  "unique-names",
		Help:  "refuse a CL4 username that is in use in a room of the client, or on the server. Names may be taken twice unless given",
		reads: one(oneOf(supervisor.UniqueInRoom, supervisor.UniqueOnServer), func(c *Config, v string) { c.Server.Moderation.UniqueNames = v }),
	},
	Setting{
		Name: "cl4-admin", Default: "false",
		Help:  "let the users that skein admin user has made administer the server by CL4 commands",
		reads: toggle(func(c *Config, v bool) { c.Server.Moderation.CL4Admin = v }),
	},
)
