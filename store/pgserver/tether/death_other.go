//go:build !linux

package tether

import "syscall"

// dieWithParent does nothing: only Linux can end a child when its parent dies.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
