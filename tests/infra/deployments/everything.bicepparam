// Every condition at once; the vault, workspace and action group are in another subscription.
using '../../../infra/main.bicep'

param location = 'westeurope'
param partnerAccounts = [
  {
    name: 'Contoso'
    tenantId: '0a1b2c3d-0000-4000-8000-00000000000a'
    clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'
    secretName: 'partner-app'
    auth: 'app_user'
    refreshTokenName: 'partner-token'
  }
  {
    name: 'Fabrikam'
    tenantId: '0a1b2c3d-0000-4000-8000-00000000000b'
    clientId: '0a1b2c3d-0000-4000-8000-0000000000c1'
    credential: 'federated'
    creditLimit: '85000 USD'
  }
]
param silentHours = 26
param schedule = '0 17 6 * * *'
param operatorObjectId = '33333333-3333-3333-3333-333333333333'
param operatorType = 'Group'
param operateGuide = 'https://example.com/guide'
param creditPercentages = [50, 60]
param suffix = 'two'
param redundancy = 'Standard_ZRS'
param tags = { costCentre: '4711' }
param powerBiKey = false
param partnerApiUrl = 'https://api.example.com'
param partnerLoginUrl = 'https://login.example.com'
param githubSubject = 'repo:contoso/balances:ref:refs/heads/main'
param existingVaultId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/providers/Microsoft.KeyVault/vaults/kv-theirs'
param existingWorkspaceId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/providers/Microsoft.OperationalInsights/workspaces/log-theirs'
param existingActionGroupId = '/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-theirs/providers/Microsoft.Insights/actionGroups/ag-theirs'
