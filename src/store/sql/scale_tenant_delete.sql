-- $1 tenant
DELETE FROM tenants WHERE tenant_id = $1
