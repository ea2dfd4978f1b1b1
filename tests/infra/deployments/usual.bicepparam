// One account with a client secret, one operator, one email address for the alerts.
using '../../../infra/main.bicep'

param location = 'westeurope'
param partnerAccounts = [
  {
    name: 'Contoso'
    tenantId: '0a1b2c3d-0000-4000-8000-00000000000a'
    clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'
    secretName: 'partner-app'
  }
]
param timeZone = 'Europe/Berlin'
param alertEmail = 'balances@contoso.example'
param operatorObjectId = '33333333-3333-3333-3333-333333333333'
