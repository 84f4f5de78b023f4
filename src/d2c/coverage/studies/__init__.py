"""Many runs for one answer: what decides, which constellation, how large, how long until everybody was heard."""
