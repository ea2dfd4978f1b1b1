// The vault for Partner Center's credentials. No secret passes through this template: a person stores it afterward.
import { tagSet } from 'types.bicep'

@description('Name of the vault.')
param name string

@description('Whether to create the vault; false: it already exists in this resource group.')
param create bool

@description('Region of a new vault.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Whether a new vault is closed to the internet.')
param privateNetworking bool

@description('Public addresses that may still reach it.')
param allowedAddresses string[]

@description('Resource ID of the workspace that logs who did what with a new vault.')
param workspaceId string

@description('Makes the custom role\'s name unique in the tenant.')
param roleSuffix string

@description('Whether an account uses app_user, so that the function renews its refresh token.')
param rotatesRefreshToken bool

@description('Object ID of the function\'s identity.')
param functionPrincipalId string

@description('Object ID of the operator; empty: none.')
param operatorObjectId string

@description('The operator\'s principal type.')
param operatorType string

var group = resourceGroup().id
var network = privateNetworking
  ? {
      publicNetworkAccess: empty(allowedAddresses) ? 'Disabled' : 'Enabled'
      networkAcls: {
        bypass: 'None'
        defaultAction: 'Deny'
        ipRules: map(allowedAddresses, address => { value: address })
      }
    }
  : {}

resource newVault 'Microsoft.KeyVault/vaults@2025-05-01' = if (create) {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    ...network
  }
}

#disable-next-line use-recent-api-versions // nothing newer has these logs
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (create) {
  name: 'who-did-what'
  scope: newVault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

// The same vault, whether new or existing; the roles below are granted on it.
resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: name
}

resource renewRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (rotatesRefreshToken) {
  name: guid(group, roleSuffix, 'renew secrets')
  properties: {
    roleName: 'Partner balances: renew secrets (${roleSuffix})'
    description: 'Sets a Key Vault secret. Cannot read, disable or delete one.'
    type: 'CustomRole'
    assignableScopes: [
      group
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource functionRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, functionPrincipalId, 'secrets user')
  scope: vault
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '4633458b-17de-408a-b874-0445c86b69e6'
    )
    description: 'Key Vault Secrets User: the function reads Partner Center\'s credentials.'
  }
  dependsOn: [
    newVault
  ]
}

resource functionRenew 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (rotatesRefreshToken) {
  name: guid(vault.id, functionPrincipalId, 'renew secrets')
  scope: vault
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', renewRole.name)
    description: 'The function stores the renewed refresh token.'
  }
  dependsOn: [
    newVault
  ]
}

resource operatorSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorObjectId)) {
  name: guid(vault.id, operatorObjectId, 'secrets officer')
  scope: vault
  properties: {
    principalId: operatorObjectId
    principalType: operatorType
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
    )
    description: 'Key Vault Secrets Officer: the operator stores and rotates the credentials.'
  }
  dependsOn: [
    newVault
  ]
}

@description('Name of the vault.')
output name string = name

@description('URL of the vault, for KEY_VAULT_URL.')
output url string = 'https://${name}${environment().suffixes.keyvaultDns}'
