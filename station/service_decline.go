package station

import "context"

// Appeal asks for a decline to be looked at again by others.
func (s *Service) Appeal(ctx context.Context, who Actor, caseID, key, reason string) (Act, error) {
	c, err := s.ownCase(ctx, who, caseID, ToAppeal)
	if err != nil {
		return Act{}, err
	}
	var f fields
	f.words(reason, "reason", 1, 5000)
	if err := f.err(); err != nil {
		return Act{}, err
	}
	t, err := s.appealable(ctx, c)
	if CodeOf(err) == NotFound { // the case says so
		t.ID = TaskID(c.ID, StageDeclined, 1)
	} else if err != nil {
		return Act{}, err
	}
	return s.act(ctx, Act{
		ID: actID(who.ID, key), Case: c.ID, Task: t.ID,
		Kind: Appeal, Actor: who.ID, Body: Body{Reason: reason},
	})
}

// appealable is the newest task by which a decline of a case can be appealed, or a
// revocation after it.
func (s *Service) appealable(ctx context.Context, c Case) (Task, error) {
	newest, err := s.store.TaskByID(ctx, TaskID(c.ID, StageDeclined, 1))
	for n := 2; err == nil; n++ {
		next, none := s.store.TaskByID(ctx, TaskID(c.ID, StageDeclined, n))
		if CodeOf(none) == NotFound {
			break
		}
		newest, err = next, none
	}
	return newest, err
}

// why returns what the officer said who declined a case, or the director who revoked
// an office; an appeal that is granted lifts it.
func (s *Service) why(ctx context.Context, c Case) (string, error) {
	if c.Stage != StageDeclined && c.Stage != StageAppeal && c.Status != Declined && c.Status != Terminated {
		return "", nil
	}
	t, err := s.appealable(ctx, c)
	if CodeOf(err) == NotFound || err == nil && c.Status == Terminated && t.Details["reason"] != c.Reason { // lifted before
		return "", nil
	} else if err != nil {
		return "", err
	}
	said, err := s.said(ctx, t)
	return said.Reason, err
}

// said returns the words of the act that a task is about: an inquiry's question,
// a decline's reason.
func (s *Service) said(ctx context.Context, t Task) (Body, error) {
	act, ok := t.Details["act"].(string)
	if !ok {
		return Body{}, nil
	}
	return s.store.Words(ctx, act)
}
