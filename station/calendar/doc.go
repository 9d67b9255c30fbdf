// Package calendar knows which days China works, and counts due dates by them. It is arithmetic over a set of days: it reads no
// database, no clock and no time zone files. Storing the days, and loading them, is the caller's work.
//
// # Where the days come from
//
// The law is the regulation on public holidays, 《全国年节及纪念日放假办法》 (State Council Decree 270 of 1999, last revised by
// Decree 795 of 10 November 2024, in force since 1 January 2025). Its article 2 gives everybody 13 days: New Year (1 January), Spring
// Festival (New Year's Eve and the first three days of the lunar year), Qingming, Labour Day (1 and 2 May), Dragon Boat (5th of
// the 5th lunar month), Mid-Autumn (15th of the 8th lunar month) and National Day (1 to 3 October).
//
// Which days are really worked is decided a year at a time. Around November the General Office of the State Council publishes the
// arrangement of the next year (国务院办公厅关于…年部分节假日安排的通知; for 2025: 国办发明电〔2024〕12号; for 2026: published on 4
// November 2025), which lengthens holidays and moves work to Saturdays and Sundays. It can change the last days of the year before,
// and, rarely, days of the running year.
//
// [Year] takes published arrangements from lunar-go, which carries 2002 to 2026 in the version this module requires. For any other
// year it falls back to weekends and the 13 days of the law and marks every day provisional. The fallback moves no work to weekends
// and gives no day off for a holiday that falls on a weekend (article 6 promises one but leaves its date to the arrangement), so a
// provisional due date can be some days off. When an arrangement is published, the operator loads it with [ParseFile], without a new
// release; due dates that were provisional can then be told from the others and computed again.
//
// # Time
//
// A day is a day in Shanghai, at UTC+8, whatever zone a time is given in. The zone is fixed here so that a machine without time zone
// files counts the same; the summer time of 1986 to 1991 is not kept. A due date is the last second of its day.
package calendar
