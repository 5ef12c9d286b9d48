"""The open document: kept on a thread of its own, saved, recovered after a crash."""
