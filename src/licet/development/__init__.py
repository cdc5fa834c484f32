"""What only ``licet dev`` and ``licet try`` have: made-up people, demo apps, an API to call, and a client that tells
what it does. Nothing of it is in a server that ``licet serve`` runs."""
