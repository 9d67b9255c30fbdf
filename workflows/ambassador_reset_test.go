package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"wutong/activities"
	"wutong/station"
)

// asRun has what follows be done in a run of its own, which goes on from where the
// case was carried to by a run before.
func (s *appointment) asRun(run, after string, in station.CaseStart, steps func()) error {
	s.t.Helper()
	if run != "first" {
		s.began = s.env.Now()
		s.surround()
	}
	s.env.OnActivity((*activities.Records)(nil).Record, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, changes []station.Change) ([]station.Written, error) {
			for i := range changes {
				changes[i].Run, changes[i].After = run, after
			}
			return s.db.Record(ctx, changes...)
		})
	steps()
	s.env.SetStartWorkflowOptions(startOptions(s.id))
	s.env.ExecuteWorkflow(string(s.kind), in)
	return s.env.GetWorkflowError()
}

// breaksOff ends a run after what was said last.
func (s *appointment) breaksOff() {
	s.env.RegisterDelayedCallback(func() { s.env.SetContinueAsNewSuggested(true) }, s.at-1)
}

// signals gives the case all acts once more, as a reset does with the signals of the
// history that it takes back.
func (s *appointment) signals(acts []station.Act) *appointment {
	return s.then(func() {
		for _, a := range acts {
			s.signal(a)
		}
	})
}

// TestAmbassador_IsBackInOfficeWhereAnOperatorResetsTheCase: a director revoked the
// wrong office. The case is reset to before that, and what was done since is not
// given again.
func TestAmbassador_IsBackInOfficeWhereAnOperatorResetsTheCase(t *testing.T) {
	s := applies(t, "{}")
	in := carried(t, s.asRun("first", "", station.CaseStart{Case: s.id}, func() { s.appointed().breaksOff() }))
	_ = carried(t, s.asRun("second", "first", in, func() { s.asksToMove("mit").directorRevokes().breaksOff() }))
	s.standsNow(station.OfficeRevoked, "zju", "revoked")

	err := s.asRun("third", "first", in, func() {
		s.then(func() { s.env.SignalWorkflow(station.SignalName, station.Signal{Kind: station.Resync}) }).
			stands(station.OfficeActive, "zju", "valid").stage(station.StageTerm).until("2028-03-01").
			moves("pku").stands(station.OfficeActive, "pku", "replaced", "valid").
			passes(701).officerDecidesTo(station.Thank)
	})
	require.NoError(t, err)
	s.standsNow(station.OfficeEnded, "pku", "replaced", "expired")
	assert.Equal(t, []string{"in_office", "transfer_asked", "revoked", "resumed", "transfer_asked", "transferred", "renewing", "thanked", "served", "completed"}, last(10, s.happened()))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appeal' AND status = 'superseded'`, s.id))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM notices WHERE case_id = $1 AND template = 'ambassador_thanked'`, s.id))
	s.settled()
}

// TestAmbassador_ComesToTheSameWhenAResetGivesEverythingAgain: nothing is issued or
// told twice.
func TestAmbassador_ComesToTheSameWhenAResetGivesEverythingAgain(t *testing.T) {
	s := applies(t, "{}")
	in := carried(t, s.asRun("first", "", station.CaseStart{Case: s.id}, func() { s.appointed().breaksOff() }))
	_ = carried(t, s.asRun("second", "first", in, func() {
		s.moves("mit").directorRevokes().appeals().anotherDirectorHears(station.Accept).moves("pku").breaksOff()
	}))
	said := func(a station.Appointment) string { return a.Number + " " + a.Institution.En + " " + a.Until.String() }
	letters, told := s.letters(said), s.told()

	var acts []station.Act
	for _, kind := range []station.ActKind{station.Decide, station.Appeal} {
		acts = append(acts, s.acts(kind)...)
	}
	require.NoError(t, s.asRun("third", "first", in, func() {
		s.signals(acts).stands(station.OfficeActive, "pku", "replaced", "replaced", "valid").resigns()
	}))
	s.standsNow(station.OfficeResigned, "pku", "replaced", "replaced", "ended")
	assert.Equal(t, letters, s.letters(said))
	assert.Equal(t, append(told, "ambassador_resigned"), s.told())
	s.settled()
}

// TestAmbassador_IsBackWhereTheyWereBeforeWhatAnOperatorTakesBack: what was done since
// is not given again, and is done anew in another way.
func TestAmbassador_IsBackWhereTheyWereBeforeWhatAnOperatorTakesBack(t *testing.T) {
	s := applies(t, "{}")
	in := carried(t, s.asRun("first", "", station.CaseStart{Case: s.id}, func() { s.appointed().breaksOff() }))
	_ = carried(t, s.asRun("second", "first", in, func() { s.moves("mit").passes(702).officerDecidesTo(station.Renew).breaksOff() }))
	s.standsNow(station.OfficeActive, "mit", "replaced", "valid", "valid")

	require.NoError(t, s.asRun("third", "first", in, func() {
		s.then(func() { s.env.SignalWorkflow(station.SignalName, station.Signal{Kind: station.Resync}) }).
			stands(station.OfficeActive, "zju", "valid", "replaced", "replaced").then(func() {
			o, err := s.db.OfficeOf(t.Context(), s.id)
			require.NoError(t, err)
			require.Equal(t, "2028-03-01", o.Until.In(station.ChinaTime).Format(time.DateOnly))
		}).
			moves("pku").stands(station.OfficeActive, "pku", "replaced", "replaced", "replaced", "valid").
			officerDecidesTo(station.Renew).until("2030-03-01").
			then(func() {
				issued, err := s.db.AppointmentsOf(t.Context(), s.id)
				require.NoError(t, err)
				assert.Equal(t, "2028-03-01", issued[0].From.In(station.ChinaTime).Format(time.DateOnly), "the new term begins when the old one ends")
			}).resigns()
	}))
	s.settled()
}

// TestAmbassador_IsNotInOfficeWhereAnOperatorTakesTheAppointmentBack: the director signed
// the wrong one.
func TestAmbassador_IsNotInOfficeWhereAnOperatorTakesTheAppointmentBack(t *testing.T) {
	s := applies(t, "{}")
	in := carried(t, s.asRun("first", "", station.CaseStart{Case: s.id}, func() { s.reviewed().breaksOff() }))
	_ = carried(t, s.asRun("second", "first", in, func() { s.directorSigns().moves("mit").breaksOff() }))
	s.standsNow(station.OfficeActive, "mit", "replaced", "valid")

	require.NoError(t, s.asRun("third", "first", in, func() {
		s.then(func() { s.env.SignalWorkflow(station.SignalName, station.Signal{Kind: station.Resync}) }).
			then(func() {
				s.standsNow(station.OfficeEnded, "mit", "replaced", "replaced")
				parties, err := s.db.PartiesOf(t.Context(), s.id)
				require.NoError(t, err)
				assert.Contains(t, parties.Institutions, "zju")
				assert.NotContains(t, parties.Institutions, "mit")
			}).
			passes(1).directorSigns().stands(station.OfficeActive, "zju", "replaced", "replaced", "valid").
			then(func() {
				o, err := s.db.OfficeOf(t.Context(), s.id)
				require.NoError(t, err)
				issued, err := s.db.AppointmentsOf(t.Context(), s.id)
				require.NoError(t, err)
				assert.Equal(t, o.Since, issued[0].From)
				assert.WithinDuration(t, s.env.Now(), o.Since, 2*time.Hour)
			}).resigns()
	}))
	s.settled()
}

// settled checks that the case left nothing open, and that its history is whole.
func (s *appointment) settled() {
	s.t.Helper()
	assert.Zero(s.t, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND status = 'open'`, s.id))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, s.id))
	_, _, err := s.db.Audit(s.t.Context(), func(f station.Fault) { s.t.Error(f) })
	require.NoError(s.t, err)
}
