package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser is a window of a headless Chromium.
type Browser struct{ ctx context.Context }

// errNoBrowser says what to install.
var errNoBrowser = errors.New("no Chromium on PATH: install chromium (apt-get install chromium)")

// NewBrowser starts a Chromium that ends with the test.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	program, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // it does not start as root otherwise, and opens local pages only
		chromedp.DisableGPU,
		// Without these it asks hosts of its maker for things.
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1600, 1200)); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return &Browser{ctx}
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// Open opens a page.
func (b *Browser) Open(url string) error {
	return chromedp.Do(b.ctx, chromedp.Navigate(url))
}

// Wait waits until a JavaScript expression holds in the page, or in the one that
// it turns into. The error tells what the page says instead.
func (b *Browser) Wait(expression string) error {
	_, err := Poll(b.ctx, func(ctx context.Context) (bool, error) { return b.holds(ctx, expression) })
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`)) // for the message only
		return fmt.Errorf("waiting for %s: %w; the page says:\n%s", expression, err, text)
	}
	return nil
}

// Holds tells whether a JavaScript expression holds in the page; else it
// returns an error as well.
func (b *Browser) Holds(expression string) (bool, error) { return b.holds(b.ctx, expression) }

func (b *Browser) holds(ctx context.Context, expression string) (bool, error) {
	holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
	if err == nil && !holds {
		err = errNotYet
	}
	return holds, err
}

var errNotYet = errors.New("it does not hold yet")

// Click clicks on the first element that an XPath finds, once there is one.
func (b *Browser) Click(xpath string) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.Search(xpath))); err != nil {
		return fmt.Errorf("click on %s: %w", xpath, err)
	}
	return nil
}

// Screenshot keeps a picture of the page in a file.
func (b *Browser) Screenshot(file string) error {
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, image, 0o644)
}

// ClickOrange clicks on the first orange dot of the page, as a hand would: it
// comes from beside it, since a chart looks for what is below a moving pointer.
func (b *Browser) ClickOrange() error {
	picture, err := b.picture()
	if err != nil {
		return err
	}
	dot, ok := firstOrange(picture)
	if !ok {
		return errors.New("the page has no orange dot")
	}
	x, y := float64(dot.X), float64(dot.Y)
	for beside := 30.0; beside >= 0; beside -= 3 {
		if err := chromedp.Do(b.ctx, chromedp.MouseEvent("mouseMoved", x-beside, y)); err != nil {
			return err
		}
	}
	return chromedp.Do(b.ctx, chromedp.MouseClickXY(x, y))
}

// firstOrange returns a point inside the topmost orange dot.
func firstOrange(picture image.Image) (image.Point, bool) {
	const inside = 4
	n := 0
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			if n++; r>>8 < 200 || g>>8 < 100 || g>>8 > 190 || b>>8 > 100 {
				n = 0
			}
			if n == inside {
				return image.Pt(x, y+inside), true
			}
		}
	}
	return image.Point{}, false
}

func (b *Browser) picture() (image.Image, error) {
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}

// RedHeight returns how much of the page's height is covered by red: the
// tallest block of rows that each have some, as a share of all rows.
func (b *Browser) RedHeight() (float64, error) {
	picture, err := b.picture()
	if err != nil {
		return 0, err
	}
	tallest, height := 0, 0
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		if height++; !redRow(picture, y) {
			height = 0
		}
		tallest = max(tallest, height)
	}
	return float64(tallest) / float64(picture.Bounds().Dy()), nil
}

// redRow tells whether a row has a run of red, also of the faint one that fills
// the area below a line. Orange has more green than blue, and is not red.
func redRow(picture image.Image, y int) bool {
	const run = 10
	n := 0
	for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
		r, g, b, _ := picture.At(x, y).RGBA()
		r, g, b = r>>8, g>>8, b>>8
		if n++; r < g+20 || r < b+12 || g > b+20 {
			n = 0
		}
		if n >= run {
			return true
		}
	}
	return false
}
