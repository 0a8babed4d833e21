package adminpage

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/skeinhq/skein/tests/harness"
)

var update = flag.Bool("update", false, "make the picture of the overview again, which takes a minute of load")

// Bounds of the picture of the overview, which the documentation shows.
const (
	pictureWidth  = 1280
	pictureHeight = 800
	maxPicture    = 200 << 10 // bytes
)

// TestScreenshot: the documentation has a picture of the page, which -update makes.
func TestScreenshot(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "img", "admin.png")
	if *update {
		picture := takePicture(t)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil || config.Width != pictureWidth || config.Height != pictureHeight || len(picture) > maxPicture {
		t.Errorf("%s is a picture of %d by %d in %d bytes (%v)", file, config.Width, config.Height, len(picture), err)
	}
}

// takePicture looks at the overview of a busy server once the charts have a minute.
func takePicture(t *testing.T) []byte {
	t.Helper()
	s := serve(t)
	load := harness.Build(t, "./cmd/skein-load")
	for _, args := range [][]string{
		{"--dialect", "cl4", "--clients", "2400", "--room-size", "24", "--rate", "1500"},
		{"--dialect", "scratch", "--clients", "600", "--room-size", "6", "--rate", "600"},
	} {
		args = append([]string{"mixed", "--url", s.URL, "--processes", "1", "--duration", "10m"}, args...)
		l := harness.Launch(t, harness.Config{Binary: load, Args: args})
		t.Cleanup(l.Kill)
	}
	b := open(t, browser(t), s)
	b.run(chromedp.EmulateViewport(pictureWidth, pictureHeight),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}))
	b.logIn(adminToken)
	for _, enough := range []string{"20", "40", "60"} { // each within the time that a wait may take
		b.until(`document.querySelector("polyline.c0")?.getAttribute("points").split(" ").length >= ` + enough)
	}
	var picture []byte
	b.run(chromedp.CaptureScreenshot(&picture))
	return picture
}
