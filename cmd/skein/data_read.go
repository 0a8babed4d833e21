package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
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
		remote := dataRemote{path: "/data/export", query: query, refused: o.Records}
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
		return readData(cmd, flags, dataRemote{path: "/data"},
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

// readData reads the file, or asks the server that has it open, or the one whose address was given: then no file on
// this machine is meant.
func readData(cmd *cobra.Command, flags *config.Flags, remote dataRemote, local func(*storage.File) error, answer func(io.Reader) error) error {
	path, admin, err := dataFile(flags)
	var access adminAccess
	if cmd.Flags().Changed("admin") {
		access.addr = reachable(admin)
	} else {
		if err != nil {
			return err
		}
		f, err := openData(path, storage.Options{ReadOnly: true})
		if err == nil {
			return failed(errors.Join(local(f), f.Close()))
		}
		if !errors.Is(err, storage.ErrInUse) {
			return failure{err}
		}
	}
	if remote.refused {
		return failure{errors.New("what operators have changed is not to be had from a running server: stop it, or leave --records out")}
	}
	if access.token, err = new(adminOptions).givenToken(); err != nil {
		return failure{err}
	}
	dir := ""
	if path != "" {
		dir = filepath.Dir(path)
	}
	access, err = access.find(dir, admin)
	if errors.Is(err, errNoAdmin) {
		return failure{fmt.Errorf("%s is in use by a server without an administration: stop it, or start it with --admin", path)}
	}
	if err != nil {
		return failure{err}
	}
	return failed(askData(cmd.Context(), access, remote, answer))
}

// askData asks a server for what may be long.
func askData(ctx context.Context, access adminAccess, remote dataRemote, answer func(io.Reader) error) error {
	c := newAdminClient(access)
	defer c.close()
	resp, err := c.open(ctx, http.MethodGet, remote.path, remote.query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return answer(resp.Body)
}
