// Package store holds all SQL: what the station keeps in PostgreSQL, by sqlx
// and lib/pq. Database errors become domain errors by the name of the
// constraint that was broken.
//
// It decides nothing: who may act is decided in station, what happens to a
// case in workflows.
package store
