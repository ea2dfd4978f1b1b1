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

// Where it is deployed

@description('Region of all resources; Flex Consumption must be offered there: `az functionapp list-flexconsumption-locations`.')
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
var texts = [
  timeZone
  alertEmail
  alertWebhook
  operateGuide
  operatorObjectId
  existingVaultId
  existingWorkspaceId
  existingActionGroupId
  githubSubject
  partnerApiUrl
  partnerLoginUrl
]
var existing = [
  { name: 'existingVaultId', id: existingVaultId, type: 'Microsoft.KeyVault/vaults' }
  { name: 'existingWorkspaceId', id: existingWorkspaceId, type: 'Microsoft.OperationalInsights/workspaces' }
  { name: 'existingActionGroupId', id: existingActionGroupId, type: 'Microsoft.Insights/actionGroups' }
]
var notIds = filter(
  existing,
  each =>
    !empty(each.id) && (length(split(each.id, '/')) != 9 || !contains(
      toLower(each.id),
      toLower('/providers/${each.type}/')
    ))
)
var accounts = map(partnerAccounts, account => {
  tenant: toLower(account.tenantId)
  federated: account.?credential == 'federated'
  secret: toLower(trim(account.?secretName ?? ''))
  user: account.?auth == 'app_user'
  token: toLower(trim(account.?refreshTokenName ?? ''))
  summaries: account.?balances == 'summaries'
})
var tenants = map(accounts, account => account.tenant)
var secrets = map(filter(accounts, account => !empty(account.secret)), account => account.secret)
var characters = length(string(partnerAccounts))
var fields = filter(split(schedule, ' '), field => !empty(field))
var prefixLength = privateNetworking ? parseCidr(addressPrefix).cidr : 0
var problems = filter(
  [
    {
      found: contains(string(partnerAccounts), zeros)
      say: 'partnerAccounts still holds the id of zeros: put your own tenantId and clientId.'
    }
    {
      found: operatorObjectId == zeros
      say: 'operatorObjectId is still the id of zeros: put what `az ad signed-in-user show --query id` prints, or leave it empty.'
    }
    {
      found: toLower(alertEmail) == 'operator@example.com'
      say: 'alertEmail is still operator@example.com: put the address that gets the alerts.'
    }
    {
      found: !empty(filter(texts, text => text != trim(text) || contains(text, '<')))
      say: 'A parameter still holds a placeholder in angle brackets, or begins or ends with white space: put your own value.'
    }
    {
      found: empty(alertEmail) && empty(alertWebhook) && empty(existingActionGroupId)
      say: 'Nobody would get the alerts: put alertEmail, alertWebhook or existingActionGroupId.'
    }
    {
      found: !empty(existingActionGroupId) && !(empty(alertEmail) && empty(alertWebhook))
      say: 'existingActionGroupId is set together with alertEmail or alertWebhook, which would get nothing: leave one of them empty.'
    }
    {
      found: empty(operatorObjectId) && operatorType != 'User'
      say: 'operatorType has no effect without operatorObjectId: put the object id, or leave operatorType out.'
    }
    {
      found: !empty(notIds)
      say: join(
        map(
          notIds,
          each => '${each.name} must be like /subscriptions/ID/resourceGroups/GROUP/providers/${each.type}/NAME.'
        ),
        ' '
      )
    }
    {
      found: !empty(filter(accounts, account => !account.federated && empty(account.secret)))
      say: 'An account of partnerAccounts has no secretName: put the name of the secret with its credential, or credential federated.'
    }
    {
      found: !empty(filter(accounts, account => account.federated && !empty(account.secret)))
      say: 'An account of partnerAccounts with credential federated has a secretName, which has no effect: leave one of them out.'
    }
    {
      found: !empty(filter(accounts, account => account.user && empty(account.token)))
      say: 'An account of partnerAccounts with auth app_user has no refreshTokenName: put the name of the secret for its refresh token.'
    }
    {
      found: !empty(filter(accounts, account => !account.user && (!empty(account.token) || account.summaries)))
      say: 'An account of partnerAccounts has a refreshTokenName or balances summaries, which need auth app_user: put it, or leave them out.'
    }
    {
      found: !empty(filter(accounts, account => contains(secrets, account.token)))
      say: 'A refreshTokenName of partnerAccounts is also a secretName, which the token would replace: put a name of its own.'
    }
    {
      found: length(union(tenants, tenants)) < length(tenants)
      say: 'partnerAccounts names a tenantId twice: it is the key of the history, so put each tenant once.'
    }
    {
      found: characters > 120000
      say: 'partnerAccounts has ${characters} characters of JSON, and one setting holds 120000 (about 600 accounts): put the rest into a second deployment with another suffix.'
    }
    {
      found: length(fields) != 6
      say: 'schedule has ${length(fields)} fields and needs six, beginning with the seconds, such as 0 17 * * * *.'
    }
    {
      found: length(fields) == 6 && join(skip(fields, 2), ' ') != '* * * *' && silentHours == 3
      say: 'schedule does not run every hour, and silentHours is still 3, so each pause would alert: put the longest pause and two hours more.'
    }
    {
      found: privateNetworking && !empty(existingVaultId)
      say: 'privateNetworking cannot close a vault that is not its own: leave existingVaultId empty, or privateNetworking false.'
    }
    {
      found: !privateNetworking && (!empty(allowedAddresses) || addressPrefix != '10.90.0.0/24')
      say: 'allowedAddresses and addressPrefix have no effect without privateNetworking: leave them out, or set privateNetworking to true.'
    }
    {
      found: prefixLength > 25
      say: 'addressPrefix is too small for two subnets of /26: put a /25 or larger.'
    }
    {
      found: !empty(filter(allowedAddresses, address => endsWith(address, '/31') || endsWith(address, '/32')))
      say: 'allowedAddresses holds a range of one or two addresses, which a storage account refuses: put single addresses without /31 or /32.'
    }
  ],
  problem => problem.found
)

// Every name is a fixed part and these 13 lower-case letters and digits, so that no parameter can make one invalid.
var unique = empty(problems)
  ? uniqueString(resourceGroup().id, suffix)
  : fail(join(map(problems, problem => problem.say), ' '))
var tableName = 'partnerbalances'

// /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.KeyVault/vaults/{8}
var vaultId = empty(existingVaultId) ? resourceId('Microsoft.KeyVault/vaults', 'kv-balance-${unique}') : existingVaultId
var vaultPath = split(vaultId, '/')
var rotatesRefreshToken = !empty(filter(accounts, account => account.user))

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

@description('Name of the vault, for `az keyvault secret set`.')
output vaultName string = vault.outputs.name

@description('Name of the function app, for `func azure functionapp publish`.')
output functionAppName string = app.outputs.name

@description('SNAPSHOT_TABLE_ENDPOINT for the command line on your own machine.')
output tableEndpoint string = storage.outputs.tableEndpoint

@description('The storage account to type into Power BI.')
output dataAccountName string = storage.outputs.dataAccountName
