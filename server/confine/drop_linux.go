package confine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Drop has the kernel drop what comes for an IPv4 address in this network namespace, from
// now on: after it was on the wire, before TCP sees it. It is a rule of nftables
// (nfnetlink), as `nft add rule ip sockscope input ip daddr ADDRESS drop` makes it.
func Drop(addr netip.Addr) error {
	if !addr.Is4() {
		return fmt.Errorf("packets are dropped by an IPv4 address, not by %v", addr)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return os.NewSyscallError("socket NETLINK_NETFILTER", err)
	}
	defer unix.Close(fd)
	const ack = unix.NLM_F_REQUEST | unix.NLM_F_ACK
	var b batch
	b.message(unix.NFNL_MSG_BATCH_BEGIN, unix.NLM_F_REQUEST, unix.AF_UNSPEC, unix.NFNL_SUBSYS_NFTABLES)
	b.nft(unix.NFT_MSG_NEWTABLE, ack|unix.NLM_F_CREATE, text(unix.NFTA_TABLE_NAME, dropTable))
	b.nft(unix.NFT_MSG_NEWCHAIN, ack|unix.NLM_F_CREATE,
		text(unix.NFTA_CHAIN_TABLE, dropTable), text(unix.NFTA_CHAIN_NAME, dropChain),
		nest(unix.NFTA_CHAIN_HOOK, number(unix.NFTA_HOOK_HOOKNUM, unix.NF_INET_LOCAL_IN), number(unix.NFTA_HOOK_PRIORITY, 0)),
		text(unix.NFTA_CHAIN_TYPE, "filter"))
	const destination, addressSize = 16, 4 // where an IPv4 header has it
	b.nft(unix.NFT_MSG_NEWRULE, ack|unix.NLM_F_CREATE|unix.NLM_F_APPEND,
		text(unix.NFTA_RULE_TABLE, dropTable), text(unix.NFTA_RULE_CHAIN, dropChain),
		nest(unix.NFTA_RULE_EXPRESSIONS,
			expression("payload", number(unix.NFTA_PAYLOAD_DREG, unix.NFT_REG_1), number(unix.NFTA_PAYLOAD_BASE, unix.NFT_PAYLOAD_NETWORK_HEADER),
				number(unix.NFTA_PAYLOAD_OFFSET, destination), number(unix.NFTA_PAYLOAD_LEN, addressSize)),
			expression("cmp", number(unix.NFTA_CMP_SREG, unix.NFT_REG_1), number(unix.NFTA_CMP_OP, unix.NFT_CMP_EQ),
				nest(unix.NFTA_CMP_DATA, attribute(unix.NFTA_DATA_VALUE, addr.AsSlice()))),
			expression("immediate", number(unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT),
				nest(unix.NFTA_IMMEDIATE_DATA, nest(unix.NFTA_DATA_VERDICT, number(unix.NFTA_VERDICT_CODE, verdictDrop))))))
	b.message(unix.NFNL_MSG_BATCH_END, unix.NLM_F_REQUEST, unix.AF_UNSPEC, unix.NFNL_SUBSYS_NFTABLES)
	if err := unix.Sendto(fd, b.bytes, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto NETLINK_NETFILTER", err)
	}
	return answers(fd, 3)
}

const (
	dropTable   = "sockscope"
	dropChain   = "input"
	verdictDrop = 0 // NF_DROP
)

// answers reads the kernel's answers to so many messages.
func answers(fd, n int) error {
	buf := make([]byte, 4096)
	for n > 0 {
		size, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvfrom NETLINK_NETFILTER", err)
		}
		for b := buf[:size]; len(b) >= unix.NLMSG_HDRLEN+4; n-- {
			length := int(binary.NativeEndian.Uint32(b))
			if length < unix.NLMSG_HDRLEN+4 || length > len(b) {
				return fmt.Errorf("nftables: an answer of %d bytes", length)
			}
			if errno := int32(binary.NativeEndian.Uint32(b[unix.NLMSG_HDRLEN:])); errno != 0 {
				return fmt.Errorf("nftables: %w", unix.Errno(-errno))
			}
			b = b[min(len(b), (length+3)&^3):]
		}
	}
	return nil
}

// batch is messages of nfnetlink, one behind another.
type batch struct{ bytes []byte }

func (b *batch) nft(kind, flags int, attributes ...[]byte) {
	b.message(unix.NFNL_SUBSYS_NFTABLES<<8|kind, flags, unix.NFPROTO_IPV4, 0, attributes...)
}

func (b *batch) message(kind, flags, family, resource int, attributes ...[]byte) {
	at := len(b.bytes)
	m := make([]byte, unix.NLMSG_HDRLEN+4)
	binary.NativeEndian.PutUint16(m[4:], uint16(kind))
	binary.NativeEndian.PutUint16(m[6:], uint16(flags))
	m[unix.NLMSG_HDRLEN] = byte(family)
	binary.BigEndian.PutUint16(m[unix.NLMSG_HDRLEN+2:], uint16(resource))
	b.bytes = append(b.bytes, m...)
	for _, a := range attributes {
		b.bytes = append(b.bytes, a...)
	}
	binary.NativeEndian.PutUint32(b.bytes[at:], uint32(len(b.bytes)-at))
}

// attribute is a struct nlattr with its value, filled up to a multiple of 4 bytes.
func attribute(kind int, value []byte) []byte {
	a := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	a = append(binary.NativeEndian.AppendUint16(a, uint16(kind)), value...)
	for len(a)%4 != 0 {
		a = append(a, 0)
	}
	return a
}

func text(kind int, value string) []byte { return attribute(kind, append([]byte(value), 0)) }

func number(kind int, value uint32) []byte {
	return attribute(kind, binary.BigEndian.AppendUint32(nil, value))
}

func nest(kind int, inner ...[]byte) []byte {
	var value []byte
	for _, a := range inner {
		value = append(value, a...)
	}
	return attribute(kind|unix.NLA_F_NESTED, value)
}

func expression(name string, data ...[]byte) []byte {
	return nest(unix.NFTA_LIST_ELEM, text(unix.NFTA_EXPR_NAME, name), nest(unix.NFTA_EXPR_DATA, data...))
}
