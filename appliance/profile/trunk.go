package profile

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
)

// files are the files that a profile may name.
type files struct {
	profile string // name of the profile
	read    func(path string) ([]byte, error)
}

// named reads a file that a key names; nil is filed.
func (f files) named(c *checker, path, name string) []byte {
	if f.read == nil {
		c.fault(path, "names another file, which cannot be used here; write the text itself into the profile")
		return nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(f.profile), name)
	}
	data, err := f.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.fault(path, "names %s, which is not there; put it beside the profile", quote(name))
	case err != nil:
		c.fault(path, "names %s, which cannot be read; check who may read it", quote(name))
	case len(data) > MaxSize:
		c.fault(path, "names %s, which is too large", quote(name))
	default:
		return data
	}
	return nil
}

// trunk checks the account.
func (c *checker) trunk(there bool, w rawTrunk, other files) Trunk {
	if !there {
		c.at(0, "[trunk] is missing; write [trunk] on a line of its own, and below it domain, username and password")
		return Trunk{}
	}
	t := Trunk{
		Port:            c.number("trunk.port", w.Port, 0, 0, 65535),
		Transport:       c.choice("trunk.transport", w.Transport, "udp", "tcp", "tls"),
		Auth:            c.choice("trunk.auth", w.Auth, "register", "ip"),
		Username:        c.user("trunk.username", w.Username),
		AuthUser:        c.word("trunk.auth_user", w.AuthUser),
		Realm:           c.text("trunk.realm", w.Realm), // compared byte for byte: spaces stay
		TLSCA:           c.authority(w.TLSCA, other),
		SettingsChanged: get(c, "trunk.settings_changed", w.SettingsChanged, false),
	}
	if s := c.word("trunk.domain", w.Domain); s != "" {
		t.Domain = c.host("trunk.domain", s)
	} else if !w.Domain.wrong {
		c.missing("trunk.domain", `domain = "sip.example.net"`)
	}
	if s := c.word("trunk.proxy", w.Proxy); s != "" {
		t.ProxyHost, t.ProxyPort = c.hostPort("trunk.proxy", s, 0)
	}
	checkIP := c.addr("trunk.check_ip", w.CheckIP)
	t.Password = c.password(w, other)
	switch t.Auth {
	case "ip":
		t.CheckIP = checkIP
		if w.CheckIP.value == "" && !w.CheckIP.wrong {
			c.missing("trunk.check_ip", `check_ip = "192.0.2.10", the address set in the portal, since auth is "ip"`)
		}
	default:
		if w.Username.value == "" && !w.Username.wrong {
			c.missing("trunk.username", `username = "..."; or auth = "ip" if the trunk goes by its address`)
		}
		if w.Password.value == "" && !w.Password.wrong && w.PasswordFile.value == "" && !w.PasswordFile.wrong {
			c.missing("trunk.password", `password = "..."; or auth = "ip" if the trunk goes by its address`)
		}
	}
	if t.AuthUser == "" {
		t.AuthUser = t.Username
	}
	return t
}

// missing files a key that must be written.
func (c *checker) missing(path, write string) {
	table, key, _ := strings.Cut(path, ".")
	c.at(c.lines.of(path), "[%s] needs %s; write %s", table, key, write)
}

// user is the name in the SIP address.
func (c *checker) user(path string, f field[string]) string {
	s := c.word(path, f)
	switch {
	case strings.Contains(s, "@"):
		c.fault(path, "has an @ in it; write only what stands before it, and the rest as domain")
	case strings.ContainsFunc(s, unicode.IsSpace):
		c.fault(path, "has a space in it; write it without")
	case strings.HasPrefix(strings.ToLower(s), "sip:"):
		c.fault(path, `begins with "sip:"; write only what stands behind it`)
	}
	return s
}

// password is the secret, from the profile or the file that it names. No problem ever quotes it.
func (c *checker) password(w rawTrunk, other files) Secret {
	password := c.text("trunk.password", w.Password)
	file := c.word("trunk.password_file", w.PasswordFile)
	switch {
	case file == "":
		return Secret(password)
	case password != "":
		c.fault("trunk.password_file", "stands beside password; keep one of the two")
		return ""
	}
	const path = "trunk.password_file"
	data := other.named(c, path, file)
	if data == nil {
		return ""
	}
	text, fault := decode(data)
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case fault != "":
		c.fault(path, "names a file that is not plain text; save it as plain text (UTF-8)")
	case text == "":
		c.fault(path, "names an empty file; write the password into it")
	case strings.ContainsFunc(text, unicode.IsControl):
		c.fault(path, "names a file with more than one line in it; it must hold the password and nothing else")
	default:
		return Secret(text)
	}
	return ""
}

// authority is the PEM of a private authority, written in the profile or in a file that it names.
func (c *checker) authority(f field[string], other files) []byte {
	const path = "trunk.tls_ca"
	s := strings.TrimSpace(get(c, path, f, ""))
	if s == "" {
		return nil
	}
	data := []byte(s)
	if !strings.Contains(s, "-----BEGIN") {
		if data = other.named(c, path, s); data == nil {
			return nil
		}
	}
	rest, found := data, 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); block.Type != "CERTIFICATE" || err != nil {
			c.fault(path, "has something other than certificates in it; keep only the blocks -----BEGIN CERTIFICATE-----")
			return nil
		}
		found++
	}
	if found == 0 {
		c.fault(path, "has no certificate in it; write the authority's certificate as PEM, or the name of its file")
		return nil
	}
	return bytes.Clone(data)
}
