package chain

import "testing"

func TestBends(t *testing.T) { t.Error("is not run where the guards of link.go are not tried") }
