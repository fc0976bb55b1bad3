"""Making SES what the registry says: sets, destinations, identities' defaults, SES tenants, pools, tags, alarms."""
