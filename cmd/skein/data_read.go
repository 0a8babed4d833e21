package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/spf13/cobra"
)

func newDataExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [flags]",
		Short: "Write variables to standard output, one a line, as JSON",
		Args:  cobra.NoArgs,
	}
	flags := dataFlags(cmd)
	project := cmd.Flags().String("project", "", "only the project, or CL4 room, of this name")
	records := cmd.Flags().Bool("records", false, "also what operators have changed: bans, and passwords and tokens as hashes; of a stopped server only")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o := storage.ExportOptions{Records: *records}
		query := url.Values{}
		if cmd.Flags().Changed("project") {
			o.Project = project
			query.Set("project", *project)
		}
		remote := dataRemote{path: "/api/v1/data/export", query: query, refused: o.Records}
		return readData(cmd, flags, remote,
			func(f *storage.File) error { return f.Export(cmd.OutOrStdout(), o) },
			func(body io.Reader) error {
				_, err := io.Copy(cmd.OutOrStdout(), body)
				return err
			})
	}
	return cmd
}

// inspected is how many of the largest and oldest projects are shown.
const inspected = 10

func newDataInspect() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect [flags]",
		Short: "Show how much is kept, the largest projects and the oldest",
		Args:  cobra.NoArgs,
	}
	flags := dataFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "as JSON")
	show := func(i storage.Inspection) error {
		if *asJSON {
			e := json.NewEncoder(cmd.OutOrStdout())
			e.SetIndent("", "  ")
			return e.Encode(i)
		}
		return writeInspection(cmd.OutOrStdout(), i)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return readData(cmd, flags, dataRemote{path: "/api/v1/data"},
			func(f *storage.File) error {
				i, err := f.Inspect(inspected)
				return errors.Join(show(i), err)
			},
			func(body io.Reader) error {
				var i storage.Inspection
				if err := json.NewDecoder(body).Decode(&i); err != nil {
					return err
				}
				return show(i)
			})
	}
	return cmd
}

func writeInspection(w io.Writer, i storage.Inspection) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "file\t%s\nbytes\t%d, %d in use\nprojects\t%d\nvariables\t%d, %d bytes\n", i.Path, i.Size, i.Used, i.Rooms, i.Variables, i.Bytes)
	for _, list := range []struct {
		title string
		rooms []storage.InspectedRoom
	}{{"LARGEST", i.Largest}, {"OLDEST", i.Oldest}} {
		if len(list.rooms) == 0 {
			continue
		}
		fmt.Fprintf(t, "\n%s\tDIALECT\tVARIABLES\tBYTES\tTOUCHED\n", list.title)
		for _, r := range list.rooms {
			fmt.Fprintf(t, "%q\t%s\t%d\t%d\t%s\n", r.Project, r.Dialect, r.Variables, r.Bytes, r.Touched)
		}
	}
	return t.Flush()
}

// dataRemote is what a running server is asked.
type dataRemote struct {
	path    string
	query   url.Values
	refused bool // it is not to be had from a running server
}

// readData reads the file, or asks the server that has it open.
func readData(cmd *cobra.Command, flags *config.Flags, remote dataRemote, local func(*storage.File) error, answer func(io.Reader) error) error {
	path, admin, err := dataFile(flags)
	if err != nil {
		return err
	}
	f, err := openData(path, storage.Options{ReadOnly: true})
	switch {
	case err == nil:
		if err := errors.Join(local(f), f.Close()); err != nil {
			return failure{err}
		}
		return nil
	case !errors.Is(err, storage.ErrInUse):
		return failure{err}
	case admin == "" || remote.refused:
		return failure{fmt.Errorf("%s is in use by a running server: stop it, or give its admin address with --admin", path)}
	}
	if err := askData(cmd.Context(), admin, remote, answer); err != nil {
		return failure{err}
	}
	return nil
}

// askData asks the server at an admin address. A token is in SKEIN_ADMIN_TOKEN where one is needed.
func askData(ctx context.Context, admin string, remote dataRemote, answer func(io.Reader) error) error {
	transport := &http.Transport{DisableKeepAlives: true} // the proxy of the environment has no part in this
	host := "skein"
	if path, ok := strings.CutPrefix(admin, "unix:"); ok {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	} else {
		host = reachable(admin)
	}
	target := "http://" + host + remote.path
	if len(remote.query) > 0 {
		target += "?" + remote.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	if token := os.Getenv("SKEIN_ADMIN_TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return fmt.Errorf("%s answers %s: %s", target, resp.Status, strings.TrimSpace(string(text)))
	}
	return answer(resp.Body)
}
