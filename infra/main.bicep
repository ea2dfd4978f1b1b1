// Everything the daily snapshot needs in one resource group: see docs/deploy.md.
targetScope = 'resourceGroup'

// The members are those of the setting PARTNER_ACCOUNTS; docs/settings.md says what each may hold.
@description('A Microsoft partner account whose balance is recorded.')
@sealed()
type partnerAccount = {
  name: string?
  tenantId: string
  clientId: string
  credential: string?
  secretName: string?
  auth: string?
  refreshTokenName: string?
  balances: string?
  creditLimit: string?
  cloud: string?
}

// What is recorded, and when

@description('The partner accounts, one or more. tenantId and clientId are GUIDs; secretName names the Key Vault secret that you put after the deployment.')
@minLength(1)
param partnerAccounts partnerAccount[]

@description('When the function runs, as NCRONTAB with six fields, in UTC: a daily run and same-day catch-up runs.')
@minLength(11)
@maxLength(100)
param schedule string = '0 17 6-22/4 * * *'

@description('IANA name of the time zone that decides which day a row belongs to, such as Europe/Berlin.')
@minLength(2)
@maxLength(64)
param timeZone string = 'UTC'

@description('Also keep every row in a second table, in the storage account that has no keys and where no role may change a row.')
param archive bool = true

// Who looks after it

@description('Gets the alert mails. May be empty only with existingActionGroupId.')
@maxLength(254)
param alertEmail string = ''

@description('Also called with every alert, such as a chat channel\'s incoming webhook. Empty: none.')
@secure()
param alertWebhook string = ''

@description('Percentages of an account\'s credit limit; a mail is sent when the balance reaches one.')
@minLength(1)
@maxLength(10)
param creditPercentages int[] = [
  70
  85
  100
]

@description('Where docs/operate.md can be read by those who get the mails, such as its address in your repository.')
@minLength(1)
@maxLength(500)
param operateGuide string = 'docs/operate.md'

@description('Entra object id of the person or group that puts the secret, reads the history and imports or restores rows. Empty: nobody gets these roles.')
@maxLength(36)
param operatorObjectId string = ''

@description('What operatorObjectId is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param operatorType string = 'User'

// Where it stands

@description('Region of all resources; Flex Consumption must be offered there: az functionapp list-flexconsumption-locations.')
param location string = resourceGroup().location

@description('Any text; it changes every generated name. For a second deployment in one resource group, or while a deleted vault still reserves its name.')
@maxLength(64)
param suffix string = ''

@description('Copies of the stored rows: LRS in one building, ZRS in three zones, GRS in a second region too. Not every region offers ZRS and GRS.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
])
param redundancy string = 'Standard_GRS'

@description('Resource id of a Key Vault to use instead of a new one. It must use Azure roles (RBAC); the function may then read all its secrets.')
@maxLength(500)
param existingVaultId string = ''

@description('Resource id of a Log Analytics workspace in the same region to use instead of a new one.')
@maxLength(500)
param existingWorkspaceId string = ''

@description('Resource id of an action group to alert instead of a new one.')
@maxLength(500)
param existingActionGroupId string = ''

@description('Subject of the GitHub workflow that may act as the function, such as repo:contoso/balances:ref:refs/heads/main. Empty: none. See the second trigger in docs/deploy.md.')
@maxLength(256)
param githubSubject string = ''

@description('Replaces the address of Partner Center\'s API for all accounts; https only. Empty: by cloud.')
@maxLength(500)
param partnerApiUrl string = ''

@description('Replaces the address of the sign-in service for all accounts; https only. Empty: by cloud.')
@maxLength(500)
param partnerLoginUrl string = ''

// Every name is a fixed part and these 13 lower-case letters and digits, so that no parameter can make one invalid.
var unique = uniqueString(resourceGroup().id, suffix)
var tableName = 'partnerbalances'

// /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.KeyVault/vaults/{8}
var vaultId = empty(existingVaultId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-balance-${unique}') : existingVaultId
var vaultPath = split(vaultId, '/')
var rotatesRefreshToken = contains(map(partnerAccounts, account => account.?auth ?? 'app'), 'app_user')

module identity 'identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-balances-${unique}'
    location: location
    githubSubject: githubSubject
  }
}

module storage 'storage.bicep' = {
  name: 'storage'
  params: {
    hostAccountName: 'stbalhost${unique}'
    dataAccountName: 'stbaldata${unique}'
    location: location
    redundancy: redundancy
    tableName: tableName
    archive: archive
    roleSuffix: unique
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module vault 'vault.bicep' = {
  name: 'vault-${unique}'
  scope: resourceGroup(vaultPath[2], vaultPath[4])
  params: {
    name: vaultPath[8]
    create: empty(existingVaultId)
    location: location
    roleSuffix: unique
    rotatesRefreshToken: rotatesRefreshToken
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    workspaceName: 'log-balances-${unique}'
    componentName: 'appi-balances-${unique}'
    location: location
    existingWorkspaceId: existingWorkspaceId
    functionPrincipalId: identity.outputs.principalId
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    nameSuffix: unique
    location: location
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    email: alertEmail
    webhook: alertWebhook
    existingActionGroupId: existingActionGroupId
    creditPercentages: creditPercentages
    operateGuide: operateGuide
  }
}

module app 'function.bicep' = {
  name: 'function'
  params: {
    name: 'func-balances-${unique}'
    planName: 'plan-balances-${unique}'
    location: location
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: storage.outputs.hostAccountName
    packageContainerName: storage.outputs.packageContainerName
    componentName: monitoring.outputs.componentName
    tableEndpoint: storage.outputs.tableEndpoint
    archiveEndpoint: storage.outputs.archiveEndpoint
    tableName: tableName
    vaultUrl: vault.outputs.url
    schedule: schedule
    timeZone: timeZone
    partnerAccounts: partnerAccounts
    partnerApiUrl: partnerApiUrl
    partnerLoginUrl: partnerLoginUrl
  }
}

@description('For az keyvault secret set --vault-name.')
output vaultName string = vault.outputs.name

@description('For func azure functionapp publish.')
output functionAppName string = app.outputs.name

@description('SNAPSHOT_TABLE_ENDPOINT for the command line on your own machine.')
output tableEndpoint string = storage.outputs.tableEndpoint

@description('The storage account to type into Power BI.')
output dataAccountName string = storage.outputs.dataAccountName
