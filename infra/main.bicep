// Everything the daily snapshot needs in one resource group: see docs/deploy.md.
targetScope = 'resourceGroup'

import { partnerAccount, tagSet } from 'types.bicep'

// What is recorded, and when

@description('The partner accounts, one or more. tenantId and clientId are GUIDs; secretName names the Key Vault secret that you put after the deployment.')
@minLength(1)
param partnerAccounts partnerAccount[]

@description('When the function runs, as NCRONTAB with six fields, in UTC: every hour. The first run of a day takes the reading, the others catch up.')
@minLength(11)
@maxLength(100)
param schedule string = '0 17 * * * *'

@description('Hours without a run after which the alert no-run comes. Raise it with a sparser schedule: the longest pause between two runs and two hours more.')
@minValue(2)
@maxValue(47)
param silentHours int = 3

@description('IANA name of the time zone that decides which day a row belongs to, such as Europe/Berlin.')
@minLength(2)
@maxLength(64)
param timeZone string = 'UTC'

@description('Also keep every row in a second table, in the storage account that has no keys and where no role of this deployment may change a row.')
param archive bool = true

// Who looks after it

@description('Gets the alert mails. May be empty only with alertWebhook or existingActionGroupId.')
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

@description('Copies of the stored rows: LRS in one building, ZRS in three zones, GRS in a second region too. A region without zones refuses ZRS, one without a paired region refuses GRS.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
])
param redundancy string = 'Standard_GRS'

@description('Resource id of a Key Vault to use instead of a new one. It must use Azure roles (RBAC); the function may then read all its secrets. A role on it that was given by hand before makes the deployment fail with RoleAssignmentExists: take it away first.')
@maxLength(500)
param existingVaultId string = ''

@description('Resource id of a Log Analytics workspace in the same region to use instead of a new one.')
@maxLength(500)
param existingWorkspaceId string = ''

@description('Resource id of an action group to alert instead of a new one; alertEmail and alertWebhook are then empty.')
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

@description('Tags for every resource that takes tags.')
param tags tagSet = {}

@description('Whether the account that holds the history has keys. Power BI Desktop signs in with nothing else; false for those who do without Power BI, or where a policy forbids keys.')
param powerBiKey bool = true

// Private networking

@description('Close the vault and both storage accounts to the internet: the function reaches them through private endpoints in a network of its own. About 31 US dollars a month.')
param privateNetworking bool = false

@description('Addresses of that network, /25 or larger; they must not overlap with a network that it is to be peered with.')
@minLength(9)
@maxLength(18)
param addressPrefix string = '10.90.0.0/24'

@description('Public IPv4 addresses or ranges (up to /30) that may still reach the vault and the storage accounts: the operator\'s command line and Power BI Desktop. Empty: none.')
@maxLength(200)
param allowedAddresses string[] = []

// Parameters that contradict each other, or were left as they came, are refused before anything is created.
var zeros = '00000000-0000-0000-0000-000000000000'
var scheduleFields = filter(split(schedule, ' '), field => !empty(field))
var withoutToken = filter(
  partnerAccounts,
  account => (account.?auth ?? 'app') == 'app_user' && empty(account.?refreshTokenName ?? '')
)
var problems = filter(
  [
    contains(string(partnerAccounts), zeros)
      ? 'partnerAccounts still holds the id of zeros: put your own tenantId and clientId.'
      : ''
    operatorObjectId == zeros
      ? 'operatorObjectId is still the id of zeros: put what az ad signed-in-user show --query id prints, or leave it empty.'
      : ''
    toLower(alertEmail) == 'operator@example.com'
      ? 'alertEmail is still operator@example.com: put the address that gets the alerts.'
      : ''
    empty(alertEmail) && empty(alertWebhook) && empty(existingActionGroupId)
      ? 'Nobody would get the alerts: put alertEmail, alertWebhook or existingActionGroupId.'
      : ''
    !empty(existingActionGroupId) && !(empty(alertEmail) && empty(alertWebhook))
      ? 'existingActionGroupId stands beside alertEmail or alertWebhook, which would get nothing: leave one of them empty.'
      : ''
    !empty(withoutToken)
      ? 'An account of partnerAccounts with auth app_user has no refreshTokenName: put the name of the secret for its refresh token.'
      : ''
    length(string(partnerAccounts)) > 120000
      ? 'partnerAccounts has ${length(string(partnerAccounts))} characters of JSON, and one setting holds 120000 (about 600 accounts): put the rest into a second deployment with another suffix.'
      : ''
    length(scheduleFields) != 6
      ? 'schedule has ${length(scheduleFields)} fields and needs six, beginning with the seconds, such as 0 17 * * * *.'
      : ''
    privateNetworking && !empty(existingVaultId)
      ? 'privateNetworking cannot close a vault that is not its own: leave existingVaultId empty, or privateNetworking false.'
      : ''
    !privateNetworking && !empty(allowedAddresses)
      ? 'allowedAddresses has no effect without privateNetworking: leave it empty, or set privateNetworking to true.'
      : ''
  ],
  problem => !empty(problem)
)

// Every name is a fixed part and these 13 lower-case letters and digits, so that no parameter can make one invalid.
var unique = empty(problems) ? uniqueString(resourceGroup().id, suffix) : fail(join(problems, ' '))
var tableName = 'partnerbalances'

// /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.KeyVault/vaults/{8}
var vaultId = empty(existingVaultId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-balance-${unique}') : existingVaultId
var vaultPath = split(vaultId, '/')
var rotatesRefreshToken = contains(map(partnerAccounts, account => account.?auth ?? 'app'), 'app_user')

module identity 'identity.bicep' = {
  params: {
    name: 'id-balances-${unique}'
    location: location
    tags: tags
    githubSubject: githubSubject
  }
}

module storage 'storage.bicep' = {
  params: {
    hostAccountName: 'stbalhost${unique}'
    dataAccountName: 'stbaldata${unique}'
    location: location
    tags: tags
    redundancy: redundancy
    tableName: tableName
    archive: archive
    powerBiKey: powerBiKey
    privateNetworking: privateNetworking
    allowedAddresses: allowedAddresses
    workspaceId: monitoring.outputs.workspaceId
    roleSuffix: unique
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module vault 'vault.bicep' = {
  scope: resourceGroup(vaultPath[2], vaultPath[4])
  params: {
    name: vaultPath[8]
    create: empty(existingVaultId)
    location: location
    tags: tags
    privateNetworking: privateNetworking
    allowedAddresses: allowedAddresses
    workspaceId: monitoring.outputs.workspaceId
    roleSuffix: unique
    rotatesRefreshToken: rotatesRefreshToken
    functionPrincipalId: identity.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module monitoring 'monitoring.bicep' = {
  params: {
    workspaceName: 'log-balances-${unique}'
    componentName: 'appi-balances-${unique}'
    location: location
    tags: tags
    existingWorkspaceId: existingWorkspaceId
    functionPrincipalId: identity.outputs.principalId
  }
}

module alerts 'alerts.bicep' = {
  params: {
    nameSuffix: unique
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    email: alertEmail
    webhook: alertWebhook
    existingActionGroupId: existingActionGroupId
    historyAccounts: storage.outputs.historyAccounts
    silentHours: silentHours
    creditPercentages: creditPercentages
    operateGuide: operateGuide
  }
}

module network 'network.bicep' = if (privateNetworking) {
  params: {
    nameSuffix: unique
    location: location
    tags: tags
    addressPrefix: addressPrefix
    vaultName: vault.outputs.name
    hostAccountName: storage.outputs.hostAccountName
    dataAccountName: storage.outputs.dataAccountName
    archive: archive
  }
}

// With private networking it is created after the whole module above: its endpoints and the links of its zones.
module app 'function.bicep' = {
  params: {
    name: 'func-balances-${unique}'
    planName: 'plan-balances-${unique}'
    location: location
    tags: tags
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
    subnetId: privateNetworking ? network!.outputs.functionSubnetId : ''
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
