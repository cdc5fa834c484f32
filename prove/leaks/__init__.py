"""What a thief finds: in the store, the log, addresses and pages; and what somebody who can write rows can plant."""
