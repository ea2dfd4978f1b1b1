// Closed to the internet except for one address, without an operator.
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
param alertEmail = 'balances@contoso.example'
param tags = { costCentre: '4711' }
param privateNetworking = true
param addressPrefix = '10.20.30.0/25'
param allowedAddresses = ['203.0.113.7']
