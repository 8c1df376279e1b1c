package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/diskfs/go-diskfs/filesystem/ext4"
	"github.com/diskfs/go-diskfs/filesystem/squashfs"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/image/fat"
)

// Contents is what is on a card, without its secrets.
type Contents struct {
	Size       int64       `json:"size"` // of the unpacked image, in bytes
	Release    Release     `json:"release"`
	Partitions []Partition `json:"partitions"`
	Boot       Boot        `json:"boot"`
	Profile    *Profile    `json:"profile"` // nil: there is none, or it cannot be read
	Problems   []string    `json:"problems"`
}

// Release is the program on the card, from /etc/trunktester/release.json in its root file system; what is not
// recorded there is empty.
type Release struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Build   any    `json:"build,omitempty"` // its number or time, as it is written there
	Kernel  string `json:"kernel"` // else from the name of the kernel's modules
	Model   string `json:"model"`
}

// Partition is one of the four.
type Partition struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"` // in bytes, as is the size
	Size   int64  `json:"size"`
}

// Boot is the boot partition.
type Boot struct {
	Files   int    `json:"files"`
	Root    int    `json:"root"`    // the partition that the box starts from, 2 or 3; 0 where cmdline.txt does not say
	Waiting string `json:"waiting"` // a profile that the box will take at its next start, by its name; "" for none
}

// Profile is the part of a kit's profile that may be shown.
type Profile struct {
	Kit          string `json:"kit"`
	Reseller     string `json:"reseller"`
	SupportUntil string `json:"support_until"` // as in 2031-12-31, or ""
	Domain       string `json:"domain"`
	Transport    string `json:"transport"`
	Auth         string `json:"auth"`
	Username     string `json:"username"` // masked
	Password     bool   `json:"password"` // whether one is set
	Page         bool   `json:"page"`
}

// Inspect reads a card. What it cannot read is told in Problems.
func (c *Card) Inspect() Contents {
	all := Contents{Size: c.size, Problems: []string{}}
	problem := func(err error) {
		if err != nil {
			all.Problems = append(all.Problems, err.Error())
		}
	}
	for i, name := range [parts]string{"boot", "root A", "root B", "perm"} {
		all.Partitions = append(all.Partitions, Partition{name, c.parts[i].Offset, c.parts[i].Size})
	}
	var err error
	all.Boot, err = c.boot()
	problem(err)
	all.Release, err = c.release(all.Boot.Root)
	problem(err)
	all.Profile, err = c.profile()
	problem(err)
	return all
}

// boot reads the boot partition and checks that the files are there without which no Pi starts.
func (c *Card) boot() (Boot, error) {
	volume := make([]byte, c.parts[bootPart].Size)
	if _, err := c.reader.ReadAt(volume, c.parts[bootPart].Offset); err != nil {
		return Boot{}, fmt.Errorf("the boot partition cannot be read: %w", err)
	}
	files, err := fat.Files(volume)
	if err != nil {
		return Boot{}, inputf("the boot partition cannot be read (%v): use another image", err)
	}
	b := Boot{Files: len(files)}
	missing := []string{"config.txt", "cmdline.txt", "vmlinuz"}
	for _, f := range files {
		for i, name := range missing {
			if f.Name == name && len(bytes.TrimSpace(f.Data)) > 0 {
				missing = append(missing[:i:i], missing[i+1:]...)
				break
			}
		}
		switch name := strings.ToLower(f.Name); name {
		case "cmdline.txt":
			b.Root = rootOf(string(f.Data))
		case "trunk.toml", "trunk.toml.txt":
			if waits(f.Data) {
				b.Waiting = f.Name
			}
		}
	}
	if len(missing) > 0 {
		return b, inputf("the boot partition lacks %s: a box does not start from this card, use another image", strings.Join(missing, " and "))
	}
	if b.Root == 0 {
		return b, inputf("cmdline.txt on the boot partition does not name the root file system: a box does not start from this card, use another image")
	}
	return b, nil
}

// rootOf is the number of the partition that the kernel is told to start from: gokrazy names it by the first
// one's identity and the distance from there.
func rootOf(cmdline string) int {
	for _, word := range strings.Fields(cmdline) {
		if !strings.HasPrefix(word, "root=") {
			continue
		}
		for n, endings := range map[int][]string{2: {"/PARTNROFF=1", "-02", "p2"}, 3: {"/PARTNROFF=2", "-03", "p3"}} {
			for _, ending := range endings {
				if strings.HasSuffix(word, ending) {
					return n
				}
			}
		}
	}
	return 0
}

// waits tells whether a file has a profile in it: a file of comments or blanks is what is left of one.
func waits(data []byte) bool {
	f, err := profile.Read(bytes.NewReader(data), "")
	return err != nil || len(f.Tables) > 0
}

const releaseFile = "etc/trunktester/release.json"

// release reads the root file system that the box starts from.
func (c *Card) release(root int) (r Release, err error) {
	defer rescued("the root file system", &err)
	where := c.parts[rootPart]
	if root > 0 {
		where = c.parts[root-1]
	}
	system, err := squashfs.Read(c.storage(), where.Size, where.Offset, 0)
	if err != nil {
		return r, inputf("the root file system cannot be read (%v): use another image", err)
	}
	if _, err := system.Stat("user/trunktester"); err != nil {
		return r, inputf("the root file system has no program trunktester: use another image")
	}
	text, err := system.ReadFile(releaseFile)
	if err == nil {
		if err := json.Unmarshal(text, &r); err != nil {
			return r, inputf("/%s cannot be read (%v): use another image", releaseFile, err)
		}
	}
	if r.Kernel == "" {
		if modules, err := system.ReadDir("lib/modules"); err == nil && len(modules) == 1 {
			r.Kernel = modules[0].Name()
		}
	}
	return r, nil
}

// profile reads the kit's profile and leaves its secrets out.
func (c *Card) profile() (*Profile, error) {
	text, err := c.profileText()
	if text == nil || err != nil {
		return nil, err
	}
	p, err := profile.Parse(bytes.NewReader(text), "/perm/"+ProfileName, nil)
	if err != nil {
		return nil, err
	}
	shown := &Profile{Kit: p.Kit.Name, Reseller: p.Kit.Reseller, Domain: p.Trunk.Domain, Transport: p.Trunk.Transport, Auth: p.Trunk.Auth,
		Username: report.Mask(p.Trunk.Username), Password: p.Trunk.Password != "", Page: p.Page.Listen}
	if !p.Kit.SupportUntil.IsZero() {
		shown.SupportUntil = p.Kit.SupportUntil.Format(time.DateOnly)
	}
	return shown, nil
}

// profileText is the profile in /perm as it was given to Personalise; nil where there is none.
func (c *Card) profileText() (text []byte, err error) {
	defer rescued("/perm", &err)
	where := c.parts[permPart]
	system, err := ext4.Read(c.storage(), where.Size, where.Offset, 512)
	if err != nil {
		return nil, inputf("/perm cannot be read (%v): make the card again with trunkkit", err)
	}
	file, err := inFolder(system, ProfileName)
	if file == nil || err != nil {
		return nil, err
	}
	text, err = profile.Unseal(file)
	if err != nil {
		return nil, inputf("/perm/%s: %v: make the card again with trunkkit", ProfileName, err)
	}
	return text, nil
}

// inFolder reads a file in a folder; nil where one of them is not there.
func inFolder(system *ext4.FileSystem, name string) ([]byte, error) {
	folder := "."
	for _, part := range strings.Split(name, "/") {
		entries, err := system.ReadDir(folder)
		if err != nil {
			return nil, inputf("/perm cannot be read (%v): make the card again with trunkkit", err)
		}
		found := false
		for _, e := range entries {
			found = found || e.Name() == part
		}
		if !found {
			return nil, nil
		}
		folder = path.Join(folder, part)
	}
	text, err := system.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, inputf("/perm/%s cannot be read (%v): make the card again with trunkkit", name, err)
	}
	return text, nil
}

// rescued turns a panic into an error: the library trusts what a file system says about itself.
func rescued(what string, err *error) {
	if r := recover(); r != nil {
		*err = inputf("%s is damaged: use another image", what)
	}
}
