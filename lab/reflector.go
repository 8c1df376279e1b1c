package lab

import (
	"crypto/tls"
	"net"

	"trunktester/reflector"
)

// Names and token of the provider's reflector, as trunk.toml has them.
const (
	ReflectorName  = "reflector.example.net"
	ReflectorToken = "5f1b2c3d4e5f60718293"
)

// ReflectorRTP are the ports of its voice echo, those that the box tries.
func ReflectorRTP() []uint16 { return []uint16{10000, 12500, 15000, 17500, 20000} }

// reflector starts the real reflector at the provider.
func (o *opener) reflector() {
	turn := o.lab.World.Provider.Reflector
	if o.err != nil || turn == nil {
		return
	}
	certificate, err := o.lab.authority.Leaf(ReflectorName)
	if err != nil {
		o.err = err
		return
	}
	at := func(port string) string { return net.JoinHostPort(ReflectorAddr, port) }
	c := reflector.Usual()
	c.UDP, c.TCP, c.TLS = []string{at("5060"), at("5080")}, []string{at("5060")}, []string{at("5061")}
	c.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	c.RTPHost, c.RTP, c.Token, c.Log = ReflectorAddr, ReflectorRTP(), ReflectorToken, o.lab.log
	turn(&c)
	o.err = o.lab.Provider.Do(func() (err error) {
		o.lab.Reflector, err = reflector.Open(c)
		return err
	})
	if o.err == nil {
		o.lab.run("reflector", func() error { o.lab.Reflector.Run(o.ctx); return nil })
	}
}

// reflecting gives the provider a reflector, and names it in the box's file.
func reflecting(changes ...string) func(*World) {
	return func(w *World) {
		w.Provider.Reflector = func(*reflector.Config) {}
		w.File = file(append(reflectorSettings(), changes...)...)
	}
}

// reflectorSettings name it in the box's file.
func reflectorSettings() []string {
	return []string{`provider.reflector = "` + ReflectorName + `"`, `provider.reflector_token = "` + ReflectorToken + `"`}
}
