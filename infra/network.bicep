// The network for a deployment that is closed to the internet: a subnet for the function, one for the private endpoints of
// the vault and both storage accounts, and the DNS zones that map their usual names to the endpoints.
import { tagSet } from 'types.bicep'

@description('Part of the names.')
param nameSuffix string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Address range of the network, /25 or larger.')
param addressPrefix string

@description('Name of the vault.')
param vaultName string

@description('Name of the host account.')
param hostAccountName string

@description('Name of the data account.')
param dataAccountName string

@description('Whether the host account contains the archive.')
param archive bool

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostAccountName
}

resource dataAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: dataAccountName
}

// A vault's zone cannot be derived from its suffix.
var vaultZones = {
  AzureCloud: 'privatelink.vaultcore.azure.net'
  AzureUSGovernment: 'privatelink.vaultcore.usgovcloudapi.net'
  AzureChinaCloud: 'privatelink.vaultcore.azure.cn'
}
var zoneNames = [
  vaultZones[environment().name]
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
]

// `zone` is an index in zoneNames.
var allTargets = [
  { name: 'vault', id: vault.id, part: 'vault', zone: 0, needed: true }
  { name: 'host-blobs', id: hostAccount.id, part: 'blob', zone: 1, needed: true }
  { name: 'archive-table', id: hostAccount.id, part: 'table', zone: 2, needed: archive }
  { name: 'data-table', id: dataAccount.id, part: 'table', zone: 2, needed: true }
]
var targets = filter(allTargets, target => target.needed)

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-balances-${nameSuffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'function' // Flex Consumption refuses a name with an underscore
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
        }
      }
    ]
  }

  resource functionSubnet 'subnets' existing = {
    name: 'function'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zoneNames: {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in zoneNames: {
    parent: zones[index]
    name: 'balances'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for target in targets: {
    name: 'pe-${target.name}-${nameSuffix}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: network::endpointSubnet.id
      }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.id
            groupIds: [
              target.part
            ]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.part
          properties: {
            privateDnsZoneId: zones[target.zone].id
          }
        }
      ]
    }
  }
]

@description('Resource ID of the function\'s subnet.')
output functionSubnetId string = network::functionSubnet.id
