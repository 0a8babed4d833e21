package pystrands

// processVariable makes the test's own binary a backend process; it holds the address of the backend port.
const processVariable = "SKEIN_PYSTRANDS_PROCESS"

func backendProcess(string) int { return 1 }
