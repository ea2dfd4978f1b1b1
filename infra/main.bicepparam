// Fill in your own values; docs/deploy.md explains each one. The zeros and the email address are refused.
using 'main.bicep'

param partnerAccounts = [
  {
    name: 'Contoso'
    tenantId: '00000000-0000-0000-0000-000000000000'
    clientId: '00000000-0000-0000-0000-000000000000'
    secretName: 'partner-client-secret'
  }
]
param timeZone = 'UTC'
param alertEmail = 'operator@example.com'
param operatorObjectId = '00000000-0000-0000-0000-000000000000'
