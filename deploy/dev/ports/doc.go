// Package ports finds free ports on loopback, and tells who holds one that is not free.
package ports
