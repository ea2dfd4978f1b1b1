// Yours to fill in; docs/deploy.md says what to put where. The zeros and the address are refused as long as they stay.
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
