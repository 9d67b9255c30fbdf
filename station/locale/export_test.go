package locale

// RuleKey is the key of a rule's words.
func RuleKey(rule string) string {
	key, _ := splitRule(rule)
	return key
}
