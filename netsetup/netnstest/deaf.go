package netnstest

import (
	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Deaf makes the host leave every so manyth ARP packet unread, beginning with the first.
func (h *Host) Deaf(every int) {
	h.t.Helper()
	conn, err := nftables.New(nftables.WithNetNSFd(int(h.sp.ns)))
	must(h.t, err)
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyARP, Name: "deaf"})
	const arpInput = 0 // NF_ARP_IN of include/uapi/linux/netfilter_arp.h
	chain := conn.AddChain(&nftables.Chain{Table: table, Name: "input", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookRef(arpInput), Priority: nftables.ChainPriorityFilter})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Numgen{Register: 1, Modulus: uint32(every), Type: unix.NFT_NG_INCREMENTAL},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(0)},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	must(h.t, conn.Flush())
}
