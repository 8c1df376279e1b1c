package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// loseFrames makes a port of the host lose every so manyth frame that comes in, whatever it carries. In step
// and not by chance, so that a world is the same in every run.
func (h *Host) loseFrames(port string, every int) error {
	return h.chain(nftables.TableFamilyNetdev, &nftables.Chain{Name: "ingress", Device: port, Hooknum: nftables.ChainHookIngress,
		Priority: nftables.ChainPriorityFilter}, everyTime(every, 0))
}

// ignoreARP makes the host leave every so manyth ARP request without an answer.
func (h *Host) ignoreARP(every int) error {
	const arpInput = 0 // NF_ARP_IN of include/uapi/linux/netfilter_arp.h
	request := []expr.Any{payload(expr.PayloadBaseNetworkHeader, 6, 2), equal([]byte{0, 1})}
	return h.chain(nftables.TableFamilyARP, &nftables.Chain{Name: "input", Hooknum: nftables.ChainHookRef(arpInput),
		Priority: nftables.ChainPriorityFilter}, append(request, everyTime(every, every-1)...))
}

// everyTime matches once in every so many packets, first after so many.
func everyTime(every, after int) []expr.Any {
	return []expr.Any{
		&expr.Numgen{Register: 1, Modulus: uint32(every), Type: unix.NFT_NG_INCREMENTAL},
		equal(binaryutil.NativeEndian.PutUint32(uint32(after))),
	}
}

// chain adds one chain of one dropping rule in a table of its own.
func (h *Host) chain(family nftables.TableFamily, chain *nftables.Chain, match []expr.Any) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(h.ns)))
	if err != nil {
		return fmt.Errorf("packet filter of %s: %w", h.Name, err)
	}
	chain.Table, chain.Type = conn.AddTable(&nftables.Table{Family: family, Name: tableName}), nftables.ChainTypeFilter
	conn.AddChain(chain)
	conn.AddRule(&nftables.Rule{Table: chain.Table, Chain: chain, Exprs: append(match, verdict(expr.VerdictDrop)...)})
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("packet filter of %s: chain %s: %w", h.Name, chain.Name, err)
	}
	return nil
}
