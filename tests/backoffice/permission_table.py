ROLES = {"operator": "O", "pricing": "P", "finance": "F", "integrator": "I", "auditor": "U", "admin": "A"}
GET = {}
POST = {}
ACTIONS = {}
