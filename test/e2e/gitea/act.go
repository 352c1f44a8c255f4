//go:build tools

// Package tools pins the engine of Gitea's runner, a fork of act that keeps act's module path.
package tools

import _ "github.com/nektos/act"
