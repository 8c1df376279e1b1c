package netsetup

import (
	"testing"

	"trunktester/netsetup/netnstest"
)

func TestMain(m *testing.M) { netnstest.Main(m) }
