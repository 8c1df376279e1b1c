// Package lab is a small world in one process: the box's cable, a router with NAT and firewall, the
// line, the internet and a SIP provider, each in a network namespace of its own. A World goes in, a
// running Lab comes out, and every fault in it is really there. The servers are those of lab/serve.
//
// It needs Enter to have been called, works without root where the kernel allows it, and several labs
// run side by side in one process. What is simulated is Linux: the SIP ALG is the kernel's own.
package lab
