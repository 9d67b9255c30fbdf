// Package storetest gives tests a real database: one private PostgreSQL per
// test process, and a migrated schema per test.
//
// The server starts with the first test that asks for it and ends with the
// process, however that ends; a shell that waits for the process's end removes
// its files. [Main] does both at once, before the process returns.
//
// It is not for benchmarks: nothing is synced to disk.
package storetest
