// Package tether starts child processes that do not outlive their parent.
//
// A development stack that is killed (by the out-of-memory killer, by a test's timeout, by kill -9) cannot tidy up.
// Children started here are ended by the kernel then, on Linux; elsewhere they stay, and whoever starts next must look
// for them. They run in a process group of their own, so that Ctrl-C in a terminal reaches the parent alone, which then
// stops them in its own order.
//
// It is not a supervisor: nothing is started again.
package tether
