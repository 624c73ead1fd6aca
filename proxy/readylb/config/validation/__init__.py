"""The API server's rules (`pkg/apis/core/validation/validation.go`), with its own messages and paths."""
