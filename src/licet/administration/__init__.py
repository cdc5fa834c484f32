"""The admin API: what operators' programs do to a running server, over HTTP (licet ruling W). Off unless switched on."""
