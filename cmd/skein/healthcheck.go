package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

// healthcheckTimeout bounds the probe, within the 30 seconds that containers give it by default.
const healthcheckTimeout = 3 * time.Second

func newHealthcheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck [flags]",
		Short: "Ask a running server whether it is ready",
		Long: `Asks the admin address, from --admin, SKEIN_ADMIN or the configuration file, whether the server takes
clients. The exit status is 0 when it does and 1 otherwise, as containers want it.`,
		Args: cobra.NoArgs,
	}
	flags := withSettings(cmd, config.Serve.Only(func(s *config.Setting) bool {
		return s.Name == "admin" || s.Name == "config"
	}))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		admin, err := adminAddress(config.Load(config.Serve, flags, os.Environ()))
		if err != nil {
			return err
		}
		if err := probe(cmd.Context(), admin); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

// adminAddress is where to ask. What is wrong with other settings is none of the probe's business.
func adminAddress(r *config.Result) (string, error) {
	admin := r.Config.Server.Admin
	if admin != "" {
		return admin, nil
	}
	if err := r.Problems.Err(); err != nil {
		return "", failure{err}
	}
	return "", errors.New("the admin address is needed: --admin, SKEIN_ADMIN, or admin in the file")
}

// probe is nil when the server at that address is ready.
func probe(ctx context.Context, admin string) error {
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	client, base := httpTo(reachable(admin))
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	why, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	return fmt.Errorf("not ready: %s: %s", resp.Status, strings.TrimSpace(string(why)))
}

// reachable makes an address to connect to of one to listen on.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.HasPrefix(addr, "unix:") {
		return addr
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}
