package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/spf13/cobra"
)

// newData returns the commands for the file with everything that is kept.
func newData() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Look at, copy and repair what the server keeps",
		Long: `Works on the file in the server's directory for data, which serve finds in the same way: --data,
SKEIN_DATA, the configuration file, or the default. The server has to be stopped; export and inspect
also ask a running one with an administration, that of this machine or the one at --admin.`,
	}
	cmd.AddCommand(newDataExport(), newDataImport(), newDataInspect(), newDataVerify(), newDataCompact())
	return cmd
}

// dataFlags gives a command the settings that say where the file is.
func dataFlags(cmd *cobra.Command) *config.Flags {
	return withSettings(cmd, config.Serve.Only(func(s *config.Setting) bool {
		return s.Name == "data" || s.Name == "admin" || s.Name == "config"
	}))
}

// dataFile returns the path of the file, and the admin address of the server that may have it open. What is wrong
// with other settings is none of these commands' business.
func dataFile(flags *config.Flags) (path, admin string, err error) {
	r := config.Load(config.Serve, flags, os.Environ())
	admin = r.Config.Server.Admin
	switch dir := r.Config.Server.Data.Dir; dir {
	case "":
		return "", admin, failure{errNoData}
	case supervisor.DataNone:
		return "", admin, failure{errors.New("data is none: there is no file")}
	default:
		return filepath.Join(dir, storage.FileName), admin, nil
	}
}

// withData opens a file that exists and closes it when f has returned.
func withData(flags *config.Flags, o storage.Options, f func(*storage.File) error) error {
	path, _, err := dataFile(flags)
	if err != nil {
		return err
	}
	file, err := openData(path, o)
	if err != nil {
		return failure{err}
	}
	if err := errors.Join(f(file), file.Close()); err != nil {
		return failure{err}
	}
	return nil
}

func openData(path string, o storage.Options) (*storage.File, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no data: %w", err)
	}
	f, err := storage.OpenFile(path, o)
	return f, stopFirst(err)
}

// stopFirst says what helps where a server has the file open.
func stopFirst(err error) error {
	if errors.Is(err, storage.ErrInUse) {
		return fmt.Errorf("%w; stop that first", err)
	}
	return err
}

func newDataVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [flags]",
		Short: "Check every page and every value of the file",
		Args:  cobra.NoArgs,
	}
	flags := dataFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withData(flags, storage.Options{ReadOnly: true}, func(f *storage.File) error {
			v, err := f.Verify()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is whole: %d projects, %d variables, %d changes, %d records\n",
				f.Path(), v.Rooms, v.Variables, v.Changes, v.Records)
			return err
		})
	}
	return cmd
}

func newDataCompact() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compact [flags]",
		Short: "Give space that is not used any more back to the disk",
		Long: `Writes the file anew beside the old one and puts it into its place when it is complete. The disk needs
room for both.`,
		Args: cobra.NoArgs,
	}
	flags := dataFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withData(flags, storage.Options{}, func(f *storage.File) error {
			before, after, err := f.Compact()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes, %d before\n", f.Path(), after, before)
			return err
		})
	}
	return cmd
}

// allHistory keeps every change that an import brings; the server drops what it is not set to keep with the next one.
const allHistory = 1 << 30

func newDataImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import [flags] FILE|DIR",
		Short: "Add variables from an export or from another server",
		Long: `Reads a file that export has written; - is standard input. Variables that exist get the imported value.
With --format primitive-cloud-server it reads the folder with one ID.json for each project.`,
		Args: cobra.ExactArgs(1),
	}
	flags := dataFlags(cmd)
	format := cmd.Flags().String("format", formatExport, "what is read: "+formatExport+" or "+formatPrimitive)
	dialect := cmd.Flags().String("dialect", supervisor.DialectTurboWarp, "with "+formatPrimitive+", the dialect that the projects are for")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path, _, err := dataFile(flags)
		if err != nil {
			return err
		}
		read, err := importer(cmd, args[0], *format, *dialect)
		if err != nil {
			return err
		}
		file, err := storage.Open(filepath.Dir(path), storage.Options{History: allHistory})
		if err != nil {
			return failure{stopFirst(err)}
		}
		done, err := read(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return failure{fmt.Errorf("%w\n%s", err, brought(done, path))}
		}
		fmt.Fprintln(cmd.OutOrStdout(), brought(done, path))
		return nil
	}
	return cmd
}

// Formats of imports.
const (
	formatExport    = "export"
	formatPrimitive = "primitive-cloud-server"
)

// importer returns what reads from a file or folder.
func importer(cmd *cobra.Command, from, format, dialect string) (func(*storage.File) (storage.Imported, error), error) {
	switch format {
	case formatPrimitive:
		space, err := storage.ParseSpace(dialect)
		if err != nil {
			return nil, err
		}
		return func(f *storage.File) (storage.Imported, error) { return f.ImportPrimitive(os.DirFS(from), space) }, nil
	case formatExport:
		return func(f *storage.File) (storage.Imported, error) {
			if from == "-" {
				return f.Import(cmd.InOrStdin())
			}
			in, err := os.Open(from)
			if err != nil {
				return storage.Imported{}, err
			}
			defer in.Close()
			return f.Import(in)
		}, nil
	}
	return nil, fmt.Errorf("%q is no format: %s", format, strings.Join([]string{formatExport, formatPrimitive}, " or "))
}

func brought(done storage.Imported, path string) string {
	return fmt.Sprintf("%d projects, %d variables, %d changes and %d records were put into %s",
		done.Rooms, done.Variables, done.Changes, done.Records, path)
}
